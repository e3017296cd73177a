#include "cli/terminal_filter.h"

#include <gtest/gtest.h>

#include <sstream>

namespace respand::cli {
namespace {

// What a terminal gets of the pieces, one after the other.
std::string shown(const std::vector<std::string>& pieces, bool flushed = false) {
  std::stringbuf terminal;
  std::ostream stream(&terminal);
  {
    const TerminalFilter filter(stream);
    for (const std::string& piece : pieces) {
      stream << piece;
      if (flushed) {
        stream.flush();
      }
    }
  }
  EXPECT_EQ(stream.rdbuf(), &terminal) << "it is taken out again";
  return terminal.str();
}

TEST(TerminalFilter, LetsTextThrough) {
  const std::string text = "plain\ttext, é € 🙂 \"\\u0041\"\r\nnext line\n";
  EXPECT_EQ(shown({text}), text);
  std::vector<std::string> bytes;
  for (const char c : text) {
    bytes.emplace_back(1, c);
  }
  EXPECT_EQ(shown(bytes), text) << "also in pieces";
  EXPECT_EQ(shown(bytes, true), text) << "and flushed in between";
}

TEST(TerminalFilter, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(shown({"\x1b[2J\x07"}), R"(\u001b[2J\u0007)");
  EXPECT_EQ(shown({"a\rb"}), R"(a\u000db)");
  EXPECT_EQ(shown({"\xc2\x9b"
                   "31m"}),
            R"(\u009b31m)")
      << "C1";
  EXPECT_EQ(shown({"\xc2", "\x9b"}), R"(\u009b)");
  EXPECT_EQ(shown({"\x9b"
                   "31m"}),
            R"(\x9b31m)")
      << "C1 of a terminal that knows no UTF-8";
  EXPECT_EQ(shown({"\xe2\x80\xae"
                   "evil\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c"}),
            R"(\u202eevil\u2066\u200f\u061c)");
  EXPECT_EQ(shown({"\x7f", std::string(1, '\0')}), R"(\u007f\u0000)");
  EXPECT_EQ(shown({"\xe2\x82"}), R"(\xe2\x82)") << "half a character at the end";
  EXPECT_EQ(shown({"\r"}), R"(\u000d)");
}

}  // namespace
}  // namespace respand::cli
