#pragma once
// Terminal: takes over the screen of a terminal and gives it back as it was, even where a signal ends or suspends the
// program. Main thread; one at a time.

#include <termios.h>

#include <cstdint>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/units.h"

namespace respand::cli {

// Whether stdout is a terminal that can move its cursor.
[[nodiscard]] bool can_redraw();
// Whether the terminal shows UTF-8, by the locale's variables in the order in which they count. `otherwise`: where none
// of them is set.
[[nodiscard]] bool shows_utf8(bool otherwise = false);

class Terminal {
 public:
  enum class Event : std::uint8_t {
    kTime,     // the time is up
    kResized,  // or it must be drawn anew for another reason
    kEnd,      // a key or a signal says so, or the terminal is gone
  };
  struct Size {
    std::size_t width = 80;
    std::size_t height = 24;
  };

  // Takes the screen. Requires: can_redraw().
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] static Size size();
  // False: the terminal is gone.
  [[nodiscard]] bool draw(const std::vector<std::string>& lines);
  [[nodiscard]] Event wait(MonoTime until);
  // The signal that ended it; 0: it was a key.
  [[nodiscard]] int signal() const { return signal_; }

 private:
  void take();
  void give_back();
  [[nodiscard]] bool on_signal(int signal);

  bool has_keys_ = false;  // stdin is a terminal too
  termios keys_{};         // as they were
  UniqueFd signals_;
  int signal_ = 0;
};

}  // namespace respand::cli
