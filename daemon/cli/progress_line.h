#pragma once
// ProgressLine: a line that a terminal shows during long work, rewritten in place at most ten times a second. Nothing
// is shown where stderr is no terminal. Main thread.

#include <unistd.h>

#include <iostream>
#include <string_view>

#include "respand/base/clock.h"
#include "respand/base/terminal_text.h"
#include "respand/base/text.h"

namespace respand::cli {

class ProgressLine {
 public:
  ProgressLine() = default;
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether it is time to show the line again. To be asked before making its text.
  [[nodiscard]] bool due() {
    const MonoTime now = system_clock().mono();
    if (!terminal_ || now < next_) {
      return false;
    }
    next_ = now + std::chrono::milliseconds{100};
    return true;
  }
  void show(std::string_view text) {
    draw(cat("\r\x1b[K", shown_on_terminal(text)));
    shown_ = true;
  }
  // Makes room for another line.
  void clear() {
    if (shown_) {
      draw("\r\x1b[K");
      shown_ = false;
    }
  }
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(system_clock().mono() - begun_).count(); }

 private:
  // Writes past std::cerr, because TerminalFilter lets no terminal command through.
  static void draw(std::string_view text) {
    std::cerr.flush();
    static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()) < 0);
  }

  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  MonoTime begun_ = system_clock().mono();
  MonoTime next_ = begun_;
};

}  // namespace respand::cli
