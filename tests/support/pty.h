#pragma once
// A program on a terminal of its own, and what that terminal would show, as far as `respand top` needs it. One thread;
// every wait has a deadline.

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/fd.h"
#include "tests/support/patience.h"
#include "tests/support/process.h"

namespace respand::test {

class Pty {
 public:
  Pty(const std::string& program, const std::vector<std::string>& arguments, unsigned short columns,
      unsigned short rows, const std::string& term = "xterm");
  ~Pty();
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;

  void type(std::string_view keys);
  void resize(unsigned short columns, unsigned short rows);
  void send_signal(int signal) const { ::kill(program_, signal); }
  // Reads until the screen shows the text. False at the deadline, or when the program ends without showing it.
  [[nodiscard]] bool wait_for(std::string_view text);
  // Forgets what the screen shows, and reads until it was drawn anew.
  [[nodiscard]] bool wait_for_redraw();
  // Reads on to the end of the program.
  [[nodiscard]] std::optional<Exit> wait();

  // What stands on the screen, a line a row, without blanks at their ends.
  [[nodiscard]] std::string screen() const;
  [[nodiscard]] std::size_t longest_line() const;  // columns
  [[nodiscard]] std::size_t lines() const;         // rows that were written to
  [[nodiscard]] bool on_other_screen() const { return other_screen_; }
  [[nodiscard]] bool shows_cursor() const { return cursor_; }
  [[nodiscard]] bool wraps() const { return wraps_; }
  // Whether the terminal reads lines and echoes, as a shell leaves it.
  [[nodiscard]] bool is_cooked() const;
  [[nodiscard]] const std::string& strange() const { return strange_; }  // sequences that this terminal does not know

 private:
  [[nodiscard]] bool read_some(const Deadline& deadline);
  void take(std::string_view bytes);
  void escape(std::string_view sequence);
  void put(char byte);

  // Sent by the process in between, which leads the terminal's session: the session would end with the program if that
  // led it.
  struct Report {
    int status = 0;
    bool cooked = false;
  };

  UniqueFd master_;
  UniqueFd slave_;
  UniqueFd report_;
  pid_t pid_ = -1;  // of that process
  pid_t program_ = -1;
  std::optional<Report> ended_;
  std::vector<std::string> rows_;
  std::size_t row_ = 0;
  std::string pending_;  // of a sequence that is not complete
  std::string strange_;
  std::size_t draws_ = 0;  // ended with ESC [ J
  bool other_screen_ = false;
  bool cursor_ = true;
  bool wraps_ = true;
};

}  // namespace respand::test
