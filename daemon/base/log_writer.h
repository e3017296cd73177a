#pragma once
// LogWriter: writes the log's lines to a descriptor on a thread of its own, so that whoever logs never waits for
// whoever reads: a pipe that nobody empties, a journald that hangs, a terminal that was stopped, a full disk. Lines
// wait in a bounded queue. Lines that do not fit, or can't be written, are dropped and counted, and a line reports
// their number as soon as writing works again. Used by the log (log.cc); any thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::log {

class LogWriter {
 public:
  // The most bytes that wait, while a second such buffer is being written. It holds minutes of a daemon that complains,
  // or seconds of a flood.
  static constexpr std::size_t kMostWaiting = std::size_t{256} * 1024;
  // Makes a line, without its end, that says how many were dropped. Called on the writer's thread.
  using Notice = std::string (*)(std::uint64_t lines);

  // `descriptor` is borrowed, and its flags stay as they are: others may share it.
  LogWriter(int descriptor, Notice notice);
  // As stop() without patience.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Queues a line (its end is added), or drops it. Never waits.
  void write(std::string_view line);
  // Writes what waits, gives up after `patience`, and ends. Lines that come later are dropped.
  void stop(Duration patience);
  // Lines that will never be read.
  [[nodiscard]] std::uint64_t dropped() const;
  // Waits until all is written, or for so long. Safe in a signal handler; it is of no use in one that runs on the
  // writer's own thread.
  void wait_in_signal_handler(int milliseconds) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread, which may hang in the kernel when this goes
};

}  // namespace respand::log
