#include "sockets/connection_handoff.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <unordered_map>

#include "respand/net/bind.h"

namespace respand::sockets {
namespace {

// Whether it is a connected stream socket of this kind. Also makes it non-blocking.
bool fits(int socket, bool tcp) {
  const int family = net::socket_option(socket, SO_DOMAIN);
  const bool right_family = tcp ? family == AF_INET || family == AF_INET6 : family == AF_UNIX;
  const int flags = ::fcntl(socket, F_GETFL);
  return right_family && net::socket_option(socket, SO_TYPE) == SOCK_STREAM &&
         net::socket_option(socket, SO_ACCEPTCONN) == 0 && flags >= 0 &&
         ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace

Return restore(UniqueFd file, std::vector<UniqueFd> sockets) {
  Return out;
  out.closed = sockets.size();
  auto reader = ConnectionStateReader::open(std::move(file));
  if (!reader) {
    out.problem = reader.error().message;
    return out;
  }
  std::unordered_map<std::uint64_t, UniqueFd> by_cookie;
  for (UniqueFd& socket : sockets) {
    if (const auto cookie = cookie_of(socket.get())) {
      by_cookie.emplace(*cookie, std::move(socket));  // a second copy of a socket is closed
    }
  }
  std::size_t bad = 0;
  while (auto entry = reader->next()) {
    const auto found = entry->valid ? by_cookie.find(entry->connection_state.cookie) : by_cookie.end();
    if (found != by_cookie.end() && fits(found->second.get(), entry->connection_state.tcp)) {
      out.connections.push_back({std::move(found->second), std::move(entry->connection_state)});
      by_cookie.erase(found);
    } else {
      ++bad;
    }
  }
  out.closed -= out.connections.size();
  if (out.closed > 0 || bad > 0) {
    out.problem = "some connections and their descriptions do not match";
  }
  return out;
}

}  // namespace respand::sockets
