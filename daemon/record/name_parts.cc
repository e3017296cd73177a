#include "record/name_parts.h"

#include <algorithm>
#include <iterator>

#include "respand/json/scan.h"

namespace respand::record {
namespace {

template <std::size_t kSize>
bool is_among(const std::string_view (&texts)[kSize], std::string_view text) {
  return std::find(std::begin(texts), std::end(texts), text) != std::end(texts);
}

constexpr std::string_view kGateways[] = {"helicone",      "keywordsai", "langchain",  "litellm",
                                          "litellm_proxy", "nextbit",    "nextbit256", "portkey",
                                          "reducto",       "respan",     "vercel",     "vercel_ai_gateway"};

constexpr std::string_view kBedrockRoutes[] = {"async_invoke", "converse", "converse_like", "invoke", "mantle"};
constexpr std::string_view kAzureRoutes[] = {"global", "global-standard", "globalstandard", "responses"};
constexpr std::string_view kOpenAiRoutes[] = {"chat", "responses"};

constexpr std::string_view kBedrockVendors[] = {"ai21",      "amazon",     "anthropic", "cohere",  "deepseek",
                                                "google",    "luma",       "meta",      "minimax", "mistral",
                                                "moonshot",  "moonshotai", "nvidia",    "openai",  "qwen",
                                                "stability", "twelvelabs", "writer",    "zai"};
constexpr std::string_view kBedrockRegions[] = {"af",     "ap", "apac", "au", "ca",     "eu",      "jp",
                                                "global", "me", "sa",   "us", "us-gov", "regional"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return json::is_digit(c); });
}

// "us-west-2", "ap-southeast-1"; not a region for governments, since those have prices of their own.
bool is_aws_region(std::string_view text) {
  const std::size_t first = text.find('-');
  const std::size_t last = text.rfind('-');
  return first == 2 && last > first && all_digits(text.substr(last + 1)) && last - first > 1 &&
         text.find("gov") == std::string_view::npos &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(last),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

std::string_view behind(std::string_view text, std::string_view what) {
  const std::size_t at = text.find(what);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + what.size());
}

// Of "arn:aws:bedrock:REGION:ACCOUNT:TYPE/ID" the ID, where the type is one of AWS's own.
std::string_view arn_name(std::string_view arn) {
  for (const std::string_view type : {":inference-profile/", ":foundation-model/"}) {
    if (const std::string_view id = behind(arn, type); !id.empty()) {
      return id;
    }
  }
  return {};
}

std::string_view without_vendor(std::string_view name) {
  if (!is_bedrock_name(name)) {
    return name;
  }
  const std::size_t dot = name.find('.');
  return is_among(kBedrockRegions, name.substr(0, dot)) ? without_vendor(name.substr(dot + 1)) : name.substr(dot + 1);
}

// The model's own name in it, without what tells one of its versions.
std::string_view core_of(std::string_view name) {
  if (const std::string_view inner = resource_name(name); !inner.empty()) {
    name = inner;
  }
  name = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  name = without_bedrock_version(without_vendor(name));
  name = name.substr(0, std::min(name.find(':', name.starts_with("ft:") ? 3 : 0), name.find('@')));
  constexpr std::string_view kLatest = "-latest";
  name.remove_suffix(name.ends_with(kLatest) ? kLatest.size() : 0);
  return without_date(name);
}

}  // namespace

std::string_view resource_name(std::string_view name) {
  if (name.starts_with("arn:")) {
    return arn_name(name);
  }
  if (name.starts_with("projects/") || name.starts_with("publishers/")) {
    return name.find("publishers/") == std::string_view::npos ? std::string_view() : behind(name, "/models/");
  }
  if (name.starts_with("models/")) {
    return name.substr(7);
  }
  if (name.starts_with("accounts/")) {  // Fireworks' own models are listed under the whole path
    return name.starts_with("accounts/fireworks/") && name.find('#') == std::string_view::npos ? name
                                                                                               : std::string_view();
  }
  return name.starts_with("tunedmodels/") || name.starts_with("endpoints/") ? std::string_view() : name;
}

std::string_view seller_of_resource(std::string_view name) {
  if (name.starts_with("arn:")) {
    return "aws";
  }
  return name.starts_with("projects/") || name.starts_with("publishers/") || name.starts_with("models/")
             ? std::string_view("google")
             : std::string_view();
}

bool is_gateway(std::string_view prefix) { return is_among(kGateways, prefix); }

bool is_route(std::string_view seller, std::string_view prefix) {
  if (seller == "aws") {
    return is_among(kBedrockRoutes, prefix) || is_aws_region(prefix);
  }
  return (seller == "azure" && is_among(kAzureRoutes, prefix)) ||
         (seller == "openai" && is_among(kOpenAiRoutes, prefix));
}

RouterVariant variant_of(std::string_view suffix) {
  if (suffix == "free") {
    return RouterVariant::kFree;
  }
  if (suffix == "online") {
    return RouterVariant::kSearches;
  }
  if (suffix == "thinking" || suffix == "beta") {
    return RouterVariant::kSamePrice;
  }
  return suffix == "nitro" || suffix == "floor" || suffix == "exacto" ? RouterVariant::kOtherSeller
                                                                      : RouterVariant::kNone;
}

bool is_bedrock_name(std::string_view name) {
  if (name.starts_with("claude-") && name.find(':') != std::string_view::npos &&
      without_bedrock_version(name).size() + 4 < name.size()) {
    return true;  // "claude-sonnet-4-5-20250929-v1:0": nobody else versions them so
  }
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) {
    return false;
  }
  const std::string_view head = name.substr(0, dot);
  return is_among(kBedrockVendors, head) || (is_among(kBedrockRegions, head) && is_bedrock_name(name.substr(dot + 1)));
}

std::string_view without_bedrock_version(std::string_view name) {
  std::string_view rest = name;
  for (std::size_t colon = rest.rfind(':'); colon != std::string_view::npos && colon > 0; colon = rest.rfind(':')) {
    const std::string_view part = rest.substr(colon + 1);
    const bool is_window = part.ends_with('k') && all_digits(part.substr(0, part.size() - 1));
    if (!all_digits(part) && !is_window) {
      return name;
    }
    rest = rest.substr(0, colon);
  }
  const std::size_t dash = rest.rfind("-v");
  return dash != std::string_view::npos && dash > 0 && all_digits(rest.substr(dash + 2)) ? rest.substr(0, dash) : rest;
}

std::string_view without_bedrock_region(std::string_view name) {
  const std::size_t dot = name.find('.');
  const std::string_view head = name.substr(0, std::min(dot, name.size()));
  return dot != std::string_view::npos && head != "global" && is_among(kBedrockRegions, head) ? name.substr(dot + 1)
                                                                                              : name;
}

bool is_date(std::string_view text) {
  if (!text.starts_with("20")) {
    return false;
  }
  if (text.size() == 8) {
    return all_digits(text);
  }
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && all_digits(text.substr(0, 4)) &&
         all_digits(text.substr(5, 2)) && all_digits(text.substr(8));
}

std::string_view without_date(std::string_view name) {
  for (const std::size_t length : {std::size_t{8}, std::size_t{10}}) {
    if (name.size() > length + 1 && name[name.size() - length - 1] == '-' &&
        is_date(name.substr(name.size() - length))) {
      return name.substr(0, name.size() - length - 1);
    }
  }
  return name;
}

bool same_model(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) { return x == y || ((x == '.' || x == '-') && (y == '.' || y == '-')); };
  const std::string_view core_a = core_of(a);
  const std::string_view core_b = core_of(b);
  return std::equal(core_a.begin(), core_a.end(), core_b.begin(), core_b.end(), same);
}

bool is_more_exact(std::string_view answered, std::string_view asked) {
  const std::string_view core = core_of(asked);
  const bool is_plain = core.data() == asked.data() && asked.find_first_of(":@") == std::string_view::npos;
  return is_plain && without_date(asked).size() == asked.size() && without_date(answered).size() < answered.size();
}

}  // namespace respand::record
