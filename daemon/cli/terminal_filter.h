#pragma once
// TerminalFilter: lets only plain text through to a terminal. Records, answers of the API and names of models were
// written by others and may hold control characters, which a terminal could take for commands. Those, and characters
// that change the direction of writing, are shown as \u001b, and bytes that are no UTF-8 as \x9b. It stands between a
// stream and its terminal; code that draws (top, progress lines) writes past it. Main thread.

#include <ostream>
#include <streambuf>
#include <string>

namespace respand::cli {

class TerminalFilter final : private std::streambuf {
 public:
  // As long as this object exists, all that is written to `stream` passes through it. `stream` is borrowed.
  explicit TerminalFilter(std::ostream& stream);
  ~TerminalFilter() override;
  TerminalFilter(const TerminalFilter&) = delete;
  TerminalFilter& operator=(const TerminalFilter&) = delete;

 private:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;
  [[nodiscard]] bool pass_on(bool all);

  std::ostream& stream_;
  std::streambuf* const terminal_;
  std::string pending_;  // the beginning of a character, or of a line end
};

}  // namespace respand::cli
