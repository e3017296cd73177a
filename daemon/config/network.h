#pragma once
// The types of addresses: base_url, paths under it, proxy, and HOST:PORT to listen on. They have the form of the types
// in types.h. Pure; no name is resolved, and nothing is connected.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/types.h"
#include "respand/base/text.h"

namespace respand::config {

// "localhost", 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);
// The parts of "SCHEME://HOST[:PORT][/PATH]", an IPv6 host without its brackets.
struct UrlParts {
  std::string_view scheme;
  std::string_view host;
  std::string_view path;
  std::uint16_t port = 0;  // 0: the scheme's own
};
// The parts of an address; nothing where the text is none. Addresses with user names, queries or fragments are refused.
[[nodiscard]] std::optional<UrlParts> split_url(std::string_view url);

// Where Respan, and a respand, takes {"logs":[…]}.
inline constexpr std::string_view kBatchPath = "request-logs/batch/create";

struct BaseUrl : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() { return "an address such as https://api.respan.ai/api"; }
  [[nodiscard]] static std::string schema() { return schema::text("://"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
  [[nodiscard]] static std::string suggestion(std::string_view text);  // without user and password
  // "https://user:password@…"
  [[nodiscard]] static bool hide(std::string_view text) { return text.find('@') != std::string_view::npos; }
};

// A path under base_url. An optional one may be empty: off.
struct UrlPath : Scalar {
  using Value = std::string;
  bool optional;
  explicit UrlPath(bool may_be_empty) : optional(may_be_empty) {}
  [[nodiscard]] std::string expects() const {
    return cat("a path under base_url such as ", optional ? kBatchPath : "request-logs/create/");
  }
  [[nodiscard]] static std::string schema() { return schema::text_or_number({}); }
  bool parse(std::string_view text, std::string& out) const;
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

// A proxy as libcurl takes it, with the scheme written out. It may hold a password, so it is never shown in a message,
// and the password is masked when it is printed.
struct Proxy : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() {
    return "a proxy such as http://proxy.example:3128 (http, https, socks4, socks4a, socks5 or socks5h), or "
           "\"environment\"";
  }
  [[nodiscard]] static std::string schema() { return schema::text(); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value);
  [[nodiscard]] static bool hide(std::string_view) { return true; }
};

struct Listen : Scalar {
  using Value = std::optional<Endpoint>;
  std::string_view example;  // lives for ever
  explicit Listen(std::string_view usual) : example(usual) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] static std::string schema() { return schema::text(); }
  static bool parse(std::string_view text, std::optional<Endpoint>& out);
  [[nodiscard]] static std::string show(const std::optional<Endpoint>& value);
};

}  // namespace respand::config
