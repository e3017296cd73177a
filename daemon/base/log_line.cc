#include "respand/base/log_line.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::log {
namespace {

constexpr std::array kLevels = {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError};

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "DEBUG";
    case Level::kInfo:
      return "INFO";
    case Level::kWarning:
      return "WARNING";
    case Level::kError:
      return "ERROR";
  }
  return "INFO";
}

std::optional<Level> level_of(std::string_view name) {
  const auto* const found =
      std::find_if(kLevels.begin(), kLevels.end(), [name](Level level) { return name_of(level) == name; });
  return found == kLevels.end() ? std::nullopt : std::optional(*found);
}

std::optional<Line> parse_line(std::string_view line) {
  if (line.size() <= kIso8601Size || line[kIso8601Size - 1] != 'Z' || line[kIso8601Size] != ' ') {
    return std::nullopt;
  }
  line.remove_prefix(kIso8601Size + 1);
  const std::size_t word = std::min(line.find(' '), line.size());
  const auto level = level_of(line.substr(0, word));
  if (!level) {
    return std::nullopt;
  }
  line.remove_prefix(std::min(word + 1, line.size()));
  // A field is KEY=VALUE, and no key has a space.
  const std::size_t equals = line.find('=');
  const std::size_t field = equals == std::string_view::npos ? equals : line.rfind(' ', equals);
  return Line{*level, line.substr(0, field)};
}

}  // namespace respand::log
