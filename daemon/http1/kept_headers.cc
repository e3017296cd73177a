#include "respand/http1/kept_headers.h"

#include <algorithm>
#include <array>

#include "respand/base/ignore_case.h"
#include "respand/base/text.h"

namespace respand::http1 {
namespace {

constexpr std::string_view kPrefix = "x-respan-";
constexpr std::array<std::string_view, 8> kSecrets{"key",      "token",      "secret", "auth",
                                                   "password", "credential", "cookie", "jwt"};

bool holds(std::string_view name, std::string_view word) {
  for (; name.size() >= word.size(); name.remove_prefix(1)) {
    if (iequals(name.substr(0, word.size()), word)) {
      return true;
    }
  }
  return false;
}

bool is_kept(std::string_view name) {
  if (!iequals(name.substr(0, kPrefix.size()), kPrefix)) {
    return iequals(name, "traceparent") || iequals(name, "OpenAI-Beta");
  }
  return std::none_of(kSecrets.begin(), kSecrets.end(), [name](std::string_view word) { return holds(name, word); });
}

}  // namespace

void keep_header(std::string_view name, std::string_view value, std::string& kept) {
  if (!value.empty() && is_kept(name) && printable(value, value.size()) == value) {
    kept.append(name).append(": ").append(value).append("\r\n");
  }
}

}  // namespace respand::http1
