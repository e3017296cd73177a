#include "tests/support/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace respand::test {
namespace {

// The system's calls take each family's address as this one.
template <typename Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void require(bool done, const char* what) {
  if (!done) {
    std::perror(what);
    std::abort();
  }
}

// None where the path is too long.
std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::nullopt;
  }
  path.copy(address.sun_path, path.size());
  return address;
}

sockaddr_in tcp_address(std::uint16_t port, const std::string& address) {
  sockaddr_in endpoint{};
  endpoint.sin_family = AF_INET;
  endpoint.sin_port = htons(port);
  require(::inet_pton(AF_INET, address.c_str(), &endpoint.sin_addr) == 1, "test support: an address");
  return endpoint;
}

}  // namespace

UniqueFd connected_unix_socket(const std::string& path, int type) {
  const auto address = unix_address(path);
  UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!address || ::connect(socket.get(), generic(*address), sizeof *address) != 0) {
    socket.reset();
  }
  return socket;
}

UniqueFd connected_tcp_socket(std::uint16_t port, const std::string& address, int type) {
  const sockaddr_in endpoint = tcp_address(port, address);
  UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), generic(endpoint), sizeof endpoint) != 0 && errno != EINPROGRESS) {
    socket.reset();
  }
  return socket;
}

UniqueFd bound_unix_socket(const std::string& path, int type) {
  const auto address = unix_address(path);
  UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  require(address && ::bind(socket.get(), generic(*address), sizeof *address) == 0, "test support: bind a socket file");
  return socket;
}

UniqueFd ready_unix_socket(const std::string& path, int type) {
  UniqueFd socket = bound_unix_socket(path, type);
  require(type != SOCK_STREAM || ::listen(socket.get(), SOMAXCONN) == 0, "test support: listen on a socket file");
  return socket;
}

UniqueFd listening_tcp_socket(std::uint16_t& port, const std::string& address) {
  sockaddr_in endpoint = tcp_address(port, address);
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  socklen_t size = sizeof endpoint;
  require(::bind(socket.get(), generic(endpoint), size) == 0 && ::listen(socket.get(), SOMAXCONN) == 0 &&
              ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&endpoint), &size) == 0,
          "test support: listen on a port");
  port = ntohs(endpoint.sin_port);
  return socket;
}

bool send_datagram(const std::string& path, std::string_view bytes) {
  const UniqueFd socket = connected_unix_socket(path, SOCK_DGRAM);
  return socket && ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

}  // namespace respand::test
