// Checks variables and key for mistakes that the configuration's own checks can't find.

#include <algorithm>
#include <array>
#include <cctype>

#include "cli/doctor.h"
#include "config/nearest.h"
#include "config/variables.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

using Kind = Finding::Kind;

constexpr std::string_view kPrefix = "RESPAND_";

struct Foreign {
  std::string_view begin;
  std::string_view whose;
};
// How other providers' keys begin: using one of those is the usual mistake.
constexpr std::array<Foreign, 9> kForeign = {{{"sk-ant-", "Anthropic's"},
                                              {"sk-proj-", "OpenAI's"},
                                              {"sk-svcacct-", "OpenAI's"},
                                              {"sk-or-", "OpenRouter's"},
                                              {"AIza", "Google's"},
                                              {"gsk_", "Groq's"},
                                              {"hf_", "Hugging Face's"},
                                              {"AKIA", "AWS's"},
                                              {"ghp_", "GitHub's"}}};
constexpr std::array<std::string_view, 8> kPlaceholders = {
    "your", "<", "changeme", "change-me", "xxx", "respan_api_key", "api_key", "placeholder"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

void look_at_variables(const std::vector<std::string>& variables, Findings& found) {
  std::vector<std::string> known;
  for (const config::Key& key : config::keys()) {
    known.push_back(config::variable_of(key.path));
  }
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const std::string& variable : variables) {
    const std::string name = variable.substr(0, variable.find('='));
    if (!name.starts_with(kPrefix) || std::find(names.begin(), names.end(), name) != names.end()) {
      continue;
    }
    const auto meant = config::nearest(name, names);
    found.push_back({Kind::kWrong, "environment", cat(printable(name, 100), " is no key: nobody reads it"),
                     meant ? cat("name it ", *meant, ", or unset it")
                           : std::string("unset it; respand check --print shows the keys")});
  }
}

void look_at_key(const config::Config& config, Findings& found) {
  const std::string& key = config.api.key.reveal();
  if (key.empty()) {
    return;  // reported where the configuration was read
  }
  const std::string remedy =
      cat("put the key of Respan (its console, API keys) in its place: ", config.api.key_origin.to_string());
  for (const Foreign& foreign : kForeign) {
    if (key.starts_with(foreign.begin)) {
      found.push_back({Kind::kWrong, "key",
                       cat("the key in ", config.api.key_origin.to_string(), " begins as ", foreign.whose, " keys do (",
                           foreign.begin, "…)"),
                       remedy});
      return;
    }
  }
  const std::string small = lower(key);
  for (const std::string_view word : kPlaceholders) {
    if (small.starts_with(word)) {
      found.push_back(
          {Kind::kWrong, "key", cat("the key in ", config.api.key_origin.to_string(), " is a placeholder"), remedy});
      return;
    }
  }
  found.push_back(
      {Kind::kGood, "key", cat("from ", config.api.key_origin.to_string(), ", ", key.size(), " characters"), {}});
}

}  // namespace respand::cli
