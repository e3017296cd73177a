#pragma once
// Accepts connections on a listening socket and hands them to its owner. Used by sockets; io thread only.

#include <cstdint>
#include <functional>

#include "respand/base/result.h"
#include "respand/net/loop.h"

namespace respand::net {

// What connections come through.
enum class Transport : std::uint8_t { kUnix, kTcp };

// A listening socket, which it owns, and whose connections it accepts as they come.
class Listener {
 public:
  // What the listener calls, on the io thread.
  struct Calls {
    // A connection was accepted. Its socket does not block and has its options.
    std::function<void(UniqueFd)> accepted;
    // A connection can't be accepted (errno), most likely because no descriptor or no memory is left. The listener
    // tries again after a while.
    std::function<void(int)> failed;
  };

  // `socket` listens and does not block. `loop` is borrowed.
  Listener(Loop& loop, UniqueFd socket, Transport transport, Calls calls);

  // kIo: the loop can't watch the socket.
  [[nodiscard]] Status start();
  // Accepts the connections that wait already, at most as many as a listen queue holds.
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
