#pragma once
// What a client sends: lines of the protocol, appended to a buffer. Used by NatsClient. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/result.h"

namespace respand::nats {

// What CONNECT says. Empty members are left out.
struct ConnectOptions {
  std::string_view name;
  bool tls = false;
  std::string_view jwt;
  std::string_view nkey;
  std::string_view signature;
  std::string_view user;
  std::string_view password;
  std::string_view token;
};
void append_connect(std::string& out, const ConnectOptions& options);

// PUB, or HPUB where there are headers: whole lines with their ends, without the version line. Either subject may come
// in two parts. Empty `reply`: none.
void append_publish(std::string& out, std::string_view subject, std::string_view reply, std::string_view headers,
                    std::string_view payload);
// Bytes of headers and payload, as the server counts them against max_payload.
[[nodiscard]] std::size_t message_size(std::string_view headers, std::string_view payload);

void append_subscribe(std::string& out, std::string_view subject, std::string_view queue_group, std::uint64_t sid);
void append_unsubscribe(std::string& out, std::uint64_t sid);

inline constexpr std::string_view kPingLine = "PING\r\n";
inline constexpr std::string_view kPongLine = "PONG\r\n";

}  // namespace respand::nats
