#include "config/substitute.h"

#include <algorithm>
#include <optional>

#include "respand/base/text.h"

namespace respand::config {
namespace {

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// The value of what stands between "${" and "}".
Result<std::string> value_of(std::string_view reference, const Environment& environment) {
  const std::size_t colon = reference.find(":-");
  const std::string name(reference.substr(0, colon));
  if (!is_name(name)) {
    return error(ErrorCode::kInvalid,
                 "${…} must hold a name of letters, digits and '_', or NAME:-default ($${ for a plain ${)");
  }
  std::optional<std::string> value = environment.variable(name);
  if (colon != std::string_view::npos && (!value || value->empty())) {
    value = reference.substr(colon + 2);
  }
  if (!value) {
    return error(ErrorCode::kInvalid,
                 cat("${", printable(name, 60), "} is not set in the environment and has no default"));
  }
  value->erase(value->find_last_not_of("\r\n") + 1);  // as $(cat FILE) does: the end of a line is no part of the value
  if (printable(*value, value->size()) != *value) {
    return error(ErrorCode::kInvalid,
                 cat("the value of ${", printable(name, 60), "} holds control characters or is not UTF-8"));
  }
  return *value;
}

}  // namespace

Result<Substituted> substitute(std::string_view text, const Environment& environment) {
  Substituted out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out.text.append("${");
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        return error(ErrorCode::kInvalid, "'${' has no '}' behind it ($${ for a plain ${)");
      }
      const std::string_view reference = text.substr(2, end - 2);
      if (reference.find("${") != std::string_view::npos) {
        return error(ErrorCode::kInvalid, "${…} can't stand in the default of another");
      }
      auto value = value_of(reference, environment);
      if (!value) {
        return value.error();
      }
      out.text.append(*value);
      out.replaced = true;
      text.remove_prefix(end + 1);
    } else {
      out.text.push_back(text.front());
      text.remove_prefix(1);
    }
    if (out.text.size() > kMaxValue) {
      return error(ErrorCode::kInvalid, cat("longer than ", to_text(Bytes{kMaxValue})));
    }
  }
  return out;
}

std::string escape_dollars(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) {
      out.push_back('$');
    }
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace respand::config
