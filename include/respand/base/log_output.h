#pragma once
// The way of the log's lines (log.h) to stderr. From log::start() on a line is queued, and written by a thread of its
// own (named `log`), so that nobody waits for who reads stderr; what other code writes to stderr by way of stdio goes
// the same way. Before, and in programs that never call it, a line is written at once. Used by app and cli, on the main
// thread.

#include <cstdint>
#include <string_view>

#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::log {

// A line before start(), in the form that the log is going to have: written at once, whatever its level, however many.
void say(Format format, Level level, std::string_view event, Fields fields);
// Writes what is queued, for at most so long. Behind it nothing is logged any more. Main thread, last.
void stop(Duration patience);
// Lines that were not written, because stderr was not read or could not be written. Any thread.
[[nodiscard]] std::uint64_t dropped_lines();

}  // namespace respand::log
