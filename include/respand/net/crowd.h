#pragma once
// How many may be connected, of whom, and whether there is room for one more: for `status` and /readyz. Pure; io
// thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace respand::net {

struct ConnectionLimits {
  std::size_t most = 4096;   // Unix and TCP together
  std::size_t per_user = 0;  // over Unix sockets; 0: half of them
  // Nobody takes all places who was not told to.
  [[nodiscard]] std::size_t of_a_user() const { return per_user > 0 ? per_user : (most + 1) / 2; }
  // Whoever reaches the port can connect, and nobody knows who it is: a quarter is kept for the Unix socket.
  [[nodiscard]] std::size_t over_tcp() const { return most - std::min(most - 1, (most + 3) / 4); }
};

// Who finds no place.
struct Crowd {
  enum class Out : std::uint8_t {
    kNobody,
    kUser,         // `uid` has as many as a user may
    kTcp,          // all that TCP may have are taken
    kAll,          // all are taken
    kDescriptors,  // the process has no descriptor left for one
  };
  Out out = Out::kNobody;
  std::uint32_t uid = 0;
  std::size_t open = 0;  // of those that are meant
  std::size_t most = 0;
};

}  // namespace respand::net
