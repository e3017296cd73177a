#pragma once
// How many connections there may be, in all and of one user, and who finds no place any more: for `status` and /readyz.
// Pure; io thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace respand::net {

// How many connections may be open at once.
struct ConnectionLimits {
  std::size_t most = 4096;   // over Unix sockets and TCP together
  std::size_t per_user = 0;  // of one user over Unix sockets; 0: half of `most`
  // The most of one user. Unless the operator allows it, no user can take all places.
  [[nodiscard]] std::size_t of_a_user() const { return per_user > 0 ? per_user : (most + 1) / 2; }
  // The most over TCP. Anybody who reaches the port can connect, so a quarter of all places is kept for the Unix
  // socket.
  [[nodiscard]] std::size_t over_tcp() const { return most - std::min(most - 1, (most + 3) / 4); }
};

// Who finds no place any more.
struct Crowd {
  // The gravest shortage that there is.
  enum class Out : std::uint8_t {
    kNobody,
    kUser,         // `uid` has as many as a user may
    kTcp,          // all that TCP may have are taken
    kAll,          // all are taken
    kDescriptors,  // the process has no descriptor left for one
  };
  Out out = Out::kNobody;  // kNobody: there is room for all
  std::uint32_t uid = 0;   // the user, for kUser
  // The connections that `out` is about: those that are open, and how many there may be.
  std::size_t open = 0;
  std::size_t most = 0;
};

}  // namespace respand::net
