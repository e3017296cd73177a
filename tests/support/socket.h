#pragma once
// Sockets as tests want them: connected, bound or listening, in one call each. All are closed on exec.

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/fd.h"

namespace respand::test {

// Connected to the socket file at `path`; `type` is SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK where connecting must
// not wait. None where nobody is there, or where the path is too long for a socket's address.
[[nodiscard]] UniqueFd connected_unix_socket(const std::string& path, int type = SOCK_STREAM);
// None where nobody listens. With SOCK_NONBLOCK it may still be on its way.
[[nodiscard]] UniqueFd connected_tcp_socket(std::uint16_t port, const std::string& address = "127.0.0.1",
                                            int type = SOCK_STREAM);

// The socket file at `path` is made anew, and nobody listens on it: a killed process leaves one like that. Aborts on
// failure.
[[nodiscard]] UniqueFd bound_unix_socket(const std::string& path, int type = SOCK_STREAM);
// The same, and a stream socket listens. Aborts on failure.
[[nodiscard]] UniqueFd ready_unix_socket(const std::string& path, int type = SOCK_STREAM);
// On a port of the kernel's choice, which `port` is told, or on that one. Aborts on failure.
[[nodiscard]] UniqueFd listening_tcp_socket(std::uint16_t& port, const std::string& address = "127.0.0.1");

// Sends one datagram to the socket file at `path`. False where it did not go out whole.
[[nodiscard]] bool send_datagram(const std::string& path, std::string_view bytes);

}  // namespace respand::test
