#pragma once
// TerminalFilter: what a command prints to a terminal is text and nothing else. Records, answers of the API and names
// of models were written by others: control characters, of which a terminal may take commands, and those that turn the
// direction of writing are shown as \u001b, bytes that are no UTF-8 as \x9b. Between a stream and its terminal; a
// program that draws (top, progress lines) writes past it. Main thread.

#include <ostream>
#include <streambuf>
#include <string>

namespace respand::cli {

class TerminalFilter final : private std::streambuf {
 public:
  // Until its end all that is written to `stream` passes through here. Borrowed.
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
  std::string pending_;  // a character of which more may come
};

}  // namespace respand::cli
