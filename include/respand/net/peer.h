#pragma once
// Who is at the other end of a socket, as the kernel vouches for it, and who may be: over Unix sockets users and
// groups, over TCP addresses. Used by sockets and app. Pure, but for the system calls that ask the kernel; any thread.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respand::net {

// The other end of a Unix connection, or the sender of a datagram.
struct Peer {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<gid_t> groups = {};  // supplementary ones; of the sender of a datagram they are not known
};
// Of a connected Unix socket. Nothing where the kernel does not tell.
[[nodiscard]] std::optional<Peer> peer_of(int socket);

// The other end of a TCP connection, by which it is counted: of IPv6 the first 64 bits, for a host has many of those.
struct Address {
  std::uint32_t number = 0;
  std::string text;
};
// Nothing where the kernel does not tell.
[[nodiscard]] std::optional<Address> address_of(int socket);

// Both empty: everybody.
struct Access {
  std::vector<std::uint32_t> uids = {};
  std::vector<std::uint32_t> gids = {};
  [[nodiscard]] bool for_all() const { return uids.empty() && gids.empty(); }
  [[nodiscard]] bool admits(const std::optional<Peer>& peer) const;
};

}  // namespace respand::net
