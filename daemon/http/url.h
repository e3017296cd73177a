#pragma once
// Url: the parts of a URL that a connection and a request need, as libcurl's own parser reads them, so that both
// engines mean the same place. A value; any thread.

#include <cstdint>
#include <optional>
#include <string>

namespace respand::http {

struct Url {
  bool tls = false;        // https; else http
  std::string host;        // an IPv6 address without its brackets
  std::uint16_t port = 0;  // the scheme's own where the URL names none
  std::string authority;   // host and port as they are sent, without the scheme's own port
  std::string path;        // with the query; at least "/"
  bool has_user = false;   // a user or a password is in it
  // Whether both are the same server.
  [[nodiscard]] bool same_origin(const Url& other) const {
    return tls == other.tls && host == other.host && port == other.port && has_user == other.has_user;
  }
};

// None where the text is no http or https URL with a host.
[[nodiscard]] std::optional<Url> parse_url(const std::string& text);

}  // namespace respand::http
