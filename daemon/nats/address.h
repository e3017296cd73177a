#pragma once
// Address: where one server is, out of "nats://user:password@host:port" and the like. Used by ServerList. Pure; any
// thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/result.h"

namespace respand::nats {

struct Address {
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 4222;
  bool tls = false;  // the scheme asks for it
  std::string user;  // or the token, where there is no password
  std::string password;
  bool has_password = false;

  // "host:port", as people read it, without user and password.
  [[nodiscard]] std::string text() const;
};

// Reads "nats://…", "tls://…" or "host:port". kInvalid says what is wrong, without the text's user and password.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

}  // namespace respand::nats
