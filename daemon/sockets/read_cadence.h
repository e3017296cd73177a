#pragma once
// ReadCadence: whether a connection is read from at each arrival, or together with others every few milliseconds. A
// wake-up for each record costs more than the record; so writers that wait for no answer, and that write little but
// often, are looked at in intervals. One that begins, pauses or writes much is read from at once. Pure; io thread.

#include <cstddef>

#include "respand/base/clock.h"

namespace respand::sockets {

class ReadCadence {
 public:
  // `interval`: how long arrivals may gather; 0: not at all.
  explicit ReadCadence(Duration interval) : interval_(interval) {}

  [[nodiscard]] bool gathers() const { return gathers_; }
  // Something was read. `awaited`: the writer waits for an answer, now or later.
  void note_read(std::size_t bytes, bool awaited, MonoTime now);
  // It was looked at, and there was nothing.
  void note_nothing();

 private:
  void begin(MonoTime now);

  Duration interval_;
  bool gathers_ = false;
  unsigned count_ = 0;  // reads in a row that were small; while it gathers, looks in a row that found nothing
  MonoTime since_{};    // of the first of these reads
};

}  // namespace respand::sockets
