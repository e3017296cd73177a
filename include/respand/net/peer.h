#pragma once
// Who is at the other end of a socket, as the kernel tells it, and who may be there: users and groups over Unix
// sockets, addresses over TCP. Used by sockets and app. Pure, but for the system calls that ask the kernel; any thread.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace respand::net {

// The other end of a Unix connection, or the sender of a datagram.
struct Peer {
  // The numbers of its user and its group.
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<gid_t> groups = {};  // supplementary groups; those of a datagram's sender are not known
};
// The peer of a connected Unix socket; nothing where the kernel does not tell.
[[nodiscard]] std::optional<Peer> peer_of(int socket);

// The other end of a TCP connection, as limits count it: an IPv4 address, or the first 64 bits of an IPv6 address,
// because one host has many of those.
struct Address {
  std::uint32_t number = 0;  // the IPv4 address, or a hash of the 64 bits
  std::string text;          // "192.0.2.7", "2001:db8::/64"
};
// The address of a connected TCP socket's other end; nothing where the kernel does not tell.
[[nodiscard]] std::optional<Address> address_of(int socket);

// Who is let in: these users, and the members of these groups. Both empty: everybody.
struct Access {
  // Numbers of users and of groups.
  std::vector<std::uint32_t> uids = {};
  std::vector<std::uint32_t> gids = {};
  // Whether everybody is let in, and whether this peer is. A peer that is not known is let in with everybody only.
  [[nodiscard]] bool for_all() const { return uids.empty() && gids.empty(); }
  [[nodiscard]] bool admits(const std::optional<Peer>& peer) const;
};

}  // namespace respand::net
