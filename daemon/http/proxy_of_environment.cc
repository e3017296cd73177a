#include "http/proxy_of_environment.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "http/header_text.h"

namespace respand::http {
namespace {

// The first of these variables that is set, with or without a value.
std::string_view variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name)) {  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
      return value;
    }
  }
  return {};
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// "example.com" and ".example.com" mean this name and all below it.
bool covers(std::string_view name, std::string_view host) {
  name.remove_prefix(name.starts_with('.') ? 1 : 0);
  if (name.empty() || same_name(name, host)) {
    return !name.empty();
  }
  return host.size() > name.size() && host[host.size() - name.size() - 1] == '.' &&
         same_name(name, host.substr(host.size() - name.size()));
}

}  // namespace

bool environment_has_proxy_for(const Url& url) {
  // A server may be handed HTTP_PROXY as a header of a request ("httpoxy"): libcurl reads it in lower case only.
  const std::string_view own = url.tls ? variable({"https_proxy", "HTTPS_PROXY"}) : variable({"http_proxy"});
  if (own.empty() && variable({"all_proxy", "ALL_PROXY"}).empty()) {
    return false;
  }
  std::string_view names = variable({"no_proxy", "NO_PROXY"});
  if (names == "*") {
    return false;
  }
  constexpr std::string_view kBetween = ", ";
  while (!names.empty()) {
    const std::size_t end = std::min(names.find_first_of(kBetween), names.size());
    if (covers(names.substr(0, end), url.host)) {
      return false;
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return true;
}

}  // namespace respand::http
