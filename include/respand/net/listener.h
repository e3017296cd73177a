#pragma once
// Accepts connections on a listening socket and hands them to its owner. Used by sockets; io thread only.

#include <cstdint>
#include <functional>

#include "respand/base/result.h"
#include "respand/net/loop.h"

namespace respand::net {

enum class Transport : std::uint8_t { kUnix, kTcp };

class Listener {
 public:
  // What it calls, on the io thread.
  struct Calls {
    // A connection: non-blocking, its options set.
    std::function<void(UniqueFd)> accepted;
    // One can't be accepted (errno): no descriptor or no memory is left, most likely. It tries again in a while.
    std::function<void(int)> failed;
  };

  // `socket` listens and is non-blocking.
  Listener(Loop& loop, UniqueFd socket, Transport transport, Calls calls);

  // kIo: the loop can't watch the socket.
  [[nodiscard]] Status start();
  // Takes in what has connected already, at most as many as a listen queue holds.
  void accept_rest();

 private:
  enum class Accepted : std::uint8_t { kOne, kNone, kFailed };
  [[nodiscard]] Accepted accept_one();
  void on_readable();

  const Transport transport_;
  const Calls calls_;
  FdWatcher watcher_;
  Timer again_;  // after a failure that waiting may cure
};

}  // namespace respand::net
