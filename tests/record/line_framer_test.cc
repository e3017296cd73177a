#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "respand/base/random.h"
#include "respand/record/frame.h"

namespace respand::record {
namespace {

using namespace std::string_literals;

const std::string kTooLarge = "<too large>";

void drain(LineFramer& framer, std::string_view input, std::vector<std::string>& out) {
  for (;;) {
    switch (framer.next(input)) {
      case Frame::kNone:
        EXPECT_TRUE(input.empty());
        return;
      case Frame::kComplete:
        out.emplace_back(framer.frame());
        EXPECT_FALSE(framer.in_line());
        break;
      case Frame::kTooLarge:
        out.push_back(kTooLarge);
        break;
      case Frame::kBroken:
        ADD_FAILURE() << "a LineFramer does not say kBroken";
        return;
    }
  }
}

std::vector<std::string> lines(const std::vector<std::string>& pieces, std::uint64_t limit = 1000) {
  LineFramer framer(Bytes{limit});
  std::vector<std::string> out;
  for (const std::string& piece : pieces) {
    drain(framer, piece, out);
  }
  if (framer.finish() == Frame::kComplete) {
    out.emplace_back(framer.frame());
  }
  EXPECT_FALSE(framer.in_line());
  EXPECT_EQ(framer.finish(), Frame::kNone) << "the last line is given once";
  return out;
}

using Lines = std::vector<std::string>;

TEST(LineFramer, AByteOrderMarkInFrontOfTheFirstLineIsSkipped) {
  const std::string mark(kByteOrderMark);
  EXPECT_EQ(lines({mark + "a\n" + mark + "b\n"}), (Lines{"a", mark + "b"}));
  EXPECT_EQ(lines({"\xEF", "\xBB", "\xBF", "a"}), Lines{"a"});
  EXPECT_EQ(lines({mark + "\nb"}), (Lines{"", "b"}));
  EXPECT_EQ(lines({mark}), Lines{""});
  EXPECT_EQ(lines({"\n" + mark}), (Lines{"", mark}));
  EXPECT_EQ(lines({"\xEF\xBB"}), Lines{"\xEF\xBB"});
  for (const auto& pieces : {std::vector<std::string>{mark + "12345678\n"}, {mark, "1234", "5678\r", "\n"}}) {
    EXPECT_EQ(lines(pieces, 8), Lines{"12345678"}) << "it counts for nothing";
  }
  EXPECT_EQ(lines({mark + "123456789\n"}, 8), Lines{kTooLarge});
  LineFramer later(Bytes{8}, false);
  std::string_view input = "\xEF\xBB\xBF\x61\n";
  EXPECT_EQ(later.next(input), Frame::kComplete);
  EXPECT_EQ(later.frame(), mark + "a");
}

TEST(LineFramer, Ends) {
  EXPECT_EQ(lines({""}), Lines{});
  EXPECT_EQ(lines({"a\nb\n"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines({"a\r\nb\r\n"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines({"a\nb"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines({"a\nb\r"}), (Lines{"a", "b"}));
  EXPECT_EQ(lines({"\n\r\n\n"}), (Lines{"", "", ""}));
  EXPECT_EQ(lines({"a\rb\r\r\n"}), (Lines{"a\rb\r"})) << "only the \\r before the \\n is an end";
  EXPECT_EQ(lines({"a\0b\n"s}), (Lines{"a\0b"s}));
}

TEST(LineFramer, Pieces) {
  EXPECT_EQ(lines({"a", "b", "\n", "c\r", "\nd"}), (Lines{"ab", "c", "d"}));
  EXPECT_EQ(lines({"a\r", "b\n"}), (Lines{"a\rb"}));
  EXPECT_EQ(lines({"\r", "\n"}), (Lines{""}));
  EXPECT_EQ(lines({"", "a", "", "\n", ""}), (Lines{"a"}));
}

TEST(LineFramer, Limit) {
  const std::string at = "12345678";
  for (const std::string& end : {"\n"s, "\r\n"s}) {
    EXPECT_EQ(lines({"1234567" + end + "x\n"}, 8), (Lines{"1234567", "x"}));
    EXPECT_EQ(lines({at + end + "x\n"}, 8), (Lines{at, "x"}));
    EXPECT_EQ(lines({at + "9" + end + "x\n"}, 8), (Lines{kTooLarge, "x"}));
  }
  EXPECT_EQ(lines({at + "\r", "\nx"}, 8), (Lines{at, "x"})) << "a \\r that ends the line counts for nothing";
  EXPECT_EQ(lines({at + "\r", "9\nx"}, 8), (Lines{kTooLarge, "x"}));
  EXPECT_EQ(lines({at, "\r", "\nx"}, 8), (Lines{at, "x"}));
  EXPECT_EQ(lines({at, "\r", "\r", "\nx"}, 8), (Lines{kTooLarge, "x"}));
  EXPECT_EQ(lines({at + "\r"}, 8), Lines{at});
  EXPECT_EQ(lines({at}, 8), Lines{at});
  EXPECT_EQ(lines({at + "9"}, 8), Lines{kTooLarge});
  EXPECT_EQ(lines({at, "9"}, 8), Lines{kTooLarge});
}

TEST(LineFramer, TooLargeIsSaidOnceAndAtOnce) {
  LineFramer framer(Bytes{8});
  const std::string piece(100, 'x');
  for (int i = 0; i < 50; ++i) {
    std::string_view input = piece;
    EXPECT_EQ(framer.next(input), i == 0 ? Frame::kTooLarge : Frame::kNone);
    EXPECT_TRUE(input.empty());
    EXPECT_TRUE(framer.in_line());
    EXPECT_LE(framer.memory(), 15U) << "nothing is kept of what is discarded";
  }
  std::string_view input = "x\nnext\n";
  EXPECT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame(), "next");
}

TEST(LineFramer, TheEndOfADiscardedLineIsNoFrame) { EXPECT_EQ(lines({"123456789", "0", "1"}, 8), Lines{kTooLarge}); }

TEST(LineFramer, WholeLinesAreNotCopied) {
  LineFramer framer(Bytes{1000});
  const std::string text = "first\nsecond\r\n";
  std::string_view input = text;
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame().data(), text.data());
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame().data(), text.data() + 6);
}

TEST(LineFramer, InLine) {
  LineFramer framer(Bytes{1000});
  EXPECT_FALSE(framer.in_line());
  std::string_view input = "a";
  EXPECT_EQ(framer.next(input), Frame::kNone);
  EXPECT_TRUE(framer.in_line());
  input = "b\n";
  EXPECT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_FALSE(framer.in_line());
}

TEST(LineFramer, MemoryIsBoundedAndGivenBack) {
  constexpr std::size_t kLimit = 1 << 20;
  LineFramer framer(Bytes{kLimit});
  const std::string piece(1000, 'x');
  for (std::size_t i = 0; i < kLimit / piece.size(); ++i) {
    std::string_view input = piece;
    ASSERT_EQ(framer.next(input), Frame::kNone);
    ASSERT_LE(framer.memory(), 2 * kLimit);
  }
  std::string_view input = "\nsmall";
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame().size(), kLimit / piece.size() * piece.size());
  EXPECT_GT(framer.memory(), std::size_t{64} * 1024);
  ASSERT_EQ(framer.next(input), Frame::kNone);
  EXPECT_LE(framer.memory(), 64U) << "the huge line's memory is given back";
  input = "er\n";
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame(), "smaller");
}

// What the text means, told from the whole of it.
Lines model(std::string_view text, std::size_t limit) {
  Lines out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    out.push_back(line.size() > limit ? kTooLarge : std::string(line));
  }
  return out;
}

TEST(LineFramer, CutAnywhereMeansTheSame) {
  SeededRandom random(11);
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const std::uint64_t size = random.below(120);
    for (std::uint64_t i = 0; i < size; ++i) {
      text.push_back("abc\r\n\n\r\0\"{"[random.below(10)]);
    }
    const std::size_t limit = random.below(12);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      pieces.push_back(text.substr(at, random.below(20)));
      at += pieces.back().size();
    }
    ASSERT_EQ(lines(pieces, limit), model(text, limit)) << round;
    ASSERT_EQ(lines({text}, limit), model(text, limit)) << round;
  }
}

}  // namespace
}  // namespace respand::record
