#pragma once
// A line of the log in its text form, taken apart: for programs that run the daemon and read what it logs. Pure; any
// thread.

#include <optional>
#include <string_view>

#include "respand/base/log.h"

namespace respand::log {

// The words of the levels, in both forms: "DEBUG", "INFO", "WARNING", "ERROR".
[[nodiscard]] std::string_view name_of(Level level);
[[nodiscard]] std::optional<Level> level_of(std::string_view name);

// What a line says.
struct Line {
  Level level = Level::kInfo;  // how urgent it is
  std::string_view event;      // what stands in front of the fields
};
// Views into `line`, which is given without its end. Nothing where it is no line of the log.
[[nodiscard]] std::optional<Line> parse_line(std::string_view line);

}  // namespace respand::log
