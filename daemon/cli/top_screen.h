#pragma once
// The display of `respand top` as text: for a screen of some size, or as one line. Pure.

#include <string>
#include <vector>

#include "cli/metrics_sample.h"

namespace respand::cli {

struct TopView {
  std::string headline;  // what `status` says first
  std::string clock;     // "12:03:11"
  const History& history;
  std::size_t width = 80;
  std::size_t height = 24;
  bool utf8 = true;  // else sparklines are ASCII
};
// At most `height` lines of at most `width` columns.
[[nodiscard]] std::vector<std::string> top_screen(const TopView& view);
[[nodiscard]] std::string top_line(const TopView& view);

// The last values that fit into `width`, scaled to the largest of them.
[[nodiscard]] std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8);

}  // namespace respand::cli
