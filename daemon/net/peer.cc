#include "respand/net/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>

namespace respand::net {
namespace {

// Room for the first try. Nearly all users are in a handful of groups; for others the kernel says how much is needed
// (NGROUPS_MAX is 65,536).
constexpr std::size_t kUsualGroups = 64;

bool holds(const std::vector<std::uint32_t>& list, std::uint32_t id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

std::vector<gid_t> groups_of(int socket) {
  std::vector<gid_t> groups(kUsualGroups);
  for (int tries = 0; tries < 2; ++tries) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE) {
      break;
    }
    groups.resize(size / sizeof(gid_t));  // what they need
  }
  return {};
}

}  // namespace

std::optional<Peer> peer_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) {
    return std::nullopt;
  }
  return Peer{peer.uid, peer.gid, groups_of(socket)};
}

std::optional<Address> address_of(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return Address{v4.sin_addr.s_addr, text.data()};
  }
  if (peer.ss_family != AF_INET6) {
    return std::nullopt;
  }
  in6_addr v6 = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    in_addr v4{};
    std::memcpy(&v4, &v6.s6_addr[12], sizeof v4);
    ::inet_ntop(AF_INET, &v4, text.data(), text.size());
    return Address{v4.s_addr, text.data()};
  }
  std::memset(&v6.s6_addr[8], 0, 8);
  ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
  // Two networks may get the same number. They would share a limit, which does little harm, and nobody can choose
  // whose.
  const std::size_t number = std::hash<std::string_view>{}({reinterpret_cast<const char*>(&v6), 8});
  return Address{static_cast<std::uint32_t>(number ^ (number >> 32)), std::string(text.data()) + "/64"};
}

bool Access::admits(const std::optional<Peer>& peer) const {
  if (for_all()) {
    return true;
  }
  return peer && (holds(uids, peer->uid) || holds(gids, peer->gid) ||
                  std::any_of(peer->groups.begin(), peer->groups.end(), [&](gid_t gid) { return holds(gids, gid); }));
}

}  // namespace respand::net
