#pragma once
// A terminal whose screen is taken for a while, and given back as it was: also where a signal ends the program, or
// stops it for a while. Main thread; one at a time.

#include <termios.h>

#include <cstdint>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/units.h"

namespace respand::cli {

// stdout is a terminal that can move its cursor.
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
  // False where nobody is there to see it.
  [[nodiscard]] bool draw(const std::vector<std::string>& lines);
  [[nodiscard]] Event wait(MonoTime until);
  // The signal that ended it, 0 where it was a key.
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
