#pragma once
// How the log's lines (log.h) reach stderr. After log::start() a line is queued, and a thread of its own (named `log`)
// writes it, so that nobody waits for whoever reads stderr. What other code writes to stderr through stdio goes the
// same way. Before log::start(), and in programs that never call it, a line is written at once. Used by app and cli, on
// the main thread.

#include <cstdint>
#include <string_view>

#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::log {

// Writes a line before start() was called, in the form that the log is going to have. It is written at once, whatever
// its level, and no flood of lines is held back.
void say(Format format, Level level, std::string_view event, Fields fields);
// Writes what is queued, and gives up after `patience`. Whatever is logged later is dropped. The main thread's last
// call.
void stop(Duration patience);
// The number of lines that were not written, because nobody read stderr or because writing failed. Any thread.
[[nodiscard]] std::uint64_t dropped_lines();

}  // namespace respand::log
