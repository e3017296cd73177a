#pragma once
// Accepts connections on a listening socket and hands them to Connections. io thread only.

#include "ingest/connections.h"
#include "ingest/loop.h"

namespace respand::ingest {

class Listener {
 public:
  // `socket` listens and is non-blocking. `connections` is borrowed.
  Listener(Loop& loop, UniqueFd socket, Transport transport, Connections& connections);

  [[nodiscard]] Status start();
  // Takes in what has connected already, at most as many as a listen queue holds.
  void accept_rest();

 private:
  enum class Accepted : std::uint8_t { kOne, kNone, kFailed };
  [[nodiscard]] Accepted accept_one();
  void on_readable();

  const Transport transport_;
  Connections& connections_;
  log::LogThrottle failed_;
  FdWatcher watcher_;
  Timer again_;  // after a failure that waiting may cure
};

}  // namespace respand::ingest
