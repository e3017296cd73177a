#include "tests/support/port.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace respand::test {

UniqueFd reserve_port(std::uint16_t& port) {
  UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::setsockopt(holder.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(holder.get(), generic, size) != 0 || ::getsockname(holder.get(), generic, &size) != 0) {
    std::perror("test support: a port");
    std::abort();
  }
  port = ntohs(address.sin_port);
  return holder;
}

}  // namespace respand::test
