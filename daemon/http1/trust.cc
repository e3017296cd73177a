#include "respand/http1/trust.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "respand/base/ignore_case.h"
#include "respand/base/lookup.h"

namespace respand::http1 {
namespace {

// The host of "name:80", "[::1]:80", "name", with no brackets and no dot at its end.
std::string_view name_in(std::string_view host) {
  if (host.starts_with('[')) {
    return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  }
  host = host.substr(0, host.find(':'));
  host.remove_suffix(host.ends_with('.') ? 1 : 0);
  return host;
}

bool is_loopback_name(std::string_view name) {
  const std::string text(name);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return iequals(name, "localhost");
}

}  // namespace

bool is_known_host(const HttpTrust& trust, std::string_view host) {
  const std::string_view name = name_in(host);
  return is_loopback_name(name) || (!trust.loopback && is_ip_address(std::string(name))) ||
         std::any_of(trust.hosts.begin(), trust.hosts.end(),
                     [name](const std::string& known) { return iequals(name, name_in(known)); });
}

Sender sender_of(const HttpTrust& trust, std::string_view host, std::string_view origin, std::string_view fetch_site) {
  const auto& listed = trust.allow_origins;
  if (!origin.empty()) {
    if (std::any_of(listed.begin(), listed.end(), [origin](const std::string& one) { return iequals(origin, one); })) {
      return Sender::kListedPage;
    }
    const std::size_t slashes = origin.find("://");
    const bool own = slashes != std::string_view::npos && !host.empty() && iequals(origin.substr(slashes + 3), host);
    return own ? Sender::kProgram : Sender::kForeignPage;
  }
  return iequals(fetch_site, "cross-site") ? Sender::kForeignPage : Sender::kProgram;
}

}  // namespace respand::http1
