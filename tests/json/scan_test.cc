#include "respand/json/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace respand::json {
namespace {

// In a block of its own, so that the sanitizer sees a byte read too far.
struct Block {
  explicit Block(std::string_view text) : bytes(text.begin(), text.end()) {}
  [[nodiscard]] const char* begin() const { return bytes.data(); }
  [[nodiscard]] const char* end() const { return bytes.data() + bytes.size(); }
  std::vector<char> bytes;
};

TEST(Scan, EachByteAtEachPlaceOfAString) {
  // Around the widths that a search takes at once: 16, 8 and 1.
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int c = 0; c < 128; ++c) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(c);
        const Block block(text);
        const Token token = scan_string(block.begin(), block.end());
        const auto at = static_cast<std::size_t>(token.end - block.begin());
        if (c == '"') {
          EXPECT_EQ(token.fault, Fault::kNone);
          EXPECT_EQ(at, place);
        } else if (c < 0x20) {
          EXPECT_EQ(token.fault, Fault::kControl);
          EXPECT_EQ(at, place) << c;
        } else if (c == '\\') {
          EXPECT_EQ(token.fault, place + 1 == size ? Fault::kUnclosed : Fault::kEscape);
        } else {
          EXPECT_EQ(token.fault, Fault::kUnclosed);
          EXPECT_EQ(at, size);
        }
        const auto quote = static_cast<std::size_t>(find_quote(block.begin(), block.end()) - block.begin());
        EXPECT_EQ(quote, std::min(text.find_first_of("\"\\"), size));
      }
    }
  }
}

TEST(Scan, FindQuoteStopsAtNothingElse) {
  std::string text;
  for (int c = 0; c < 256; ++c) {
    if (c != '"' && c != '\\') {
      text.push_back(static_cast<char>(c));
    }
  }
  const Block block(text);
  EXPECT_EQ(find_quote(block.begin(), block.end()), block.end());
}

// The character that the bytes spell in UTF-8's pattern, however long; -1 where they do not.
std::int64_t spelled(std::string_view bytes, std::size_t length) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  static constexpr unsigned char kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  static constexpr unsigned char kMask[] = {0, 0, 0xE0, 0xF0, 0xF8};
  if ((at(0) & kMask[length]) != kLead[length]) {
    return -1;
  }
  std::int64_t point = at(0) & static_cast<unsigned char>(~kMask[length]);
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) {
      return -1;
    }
    point = point * 64 + (at(i) & 0x3F);
  }
  return point;
}

std::size_t expected_length(std::string_view bytes) {
  if (static_cast<unsigned char>(bytes[0]) < 0x80) {
    return 1;
  }
  static constexpr std::int64_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  for (std::size_t length = 2; length <= 4; ++length) {
    const std::int64_t point = spelled(bytes, length);
    if (point >= kLeast[length] && point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF)) {
      return length;
    }
  }
  return 0;
}

TEST(Scan, Utf8AgainstItsDefinition) {
  // All bytes in the first two places, in the others those at the edges of the ranges.
  static constexpr unsigned char kEdges[] = {0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                             0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xFF};
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      for (const unsigned char c : kEdges) {
        for (const unsigned char d : kEdges) {
          const char bytes[] = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)};
          const std::string_view text(bytes, 4);
          const std::size_t expected = expected_length(text);
          ASSERT_EQ(utf8_length(bytes, bytes + 4), expected) << a << ' ' << b << ' ' << int{c} << ' ' << int{d};
          if (expected > 1) {
            ASSERT_EQ(utf8_length(bytes, bytes + expected - 1), 0U) << "cut off";
          }
        }
      }
    }
  }
}

TEST(Scan, RunsOfTextThatIsNotAscii) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text.append("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80").append(static_cast<std::size_t>(i % 19), 'x');
  }
  const Block whole(text + '"');
  EXPECT_EQ(scan_string(whole.begin(), whole.end()).end, whole.end() - 1);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const Block block(std::string_view(text).substr(0, size));
    const Token token = scan_string(block.begin(), block.end());
    EXPECT_NE(token.fault, Fault::kNone);
    EXPECT_LE(token.end, block.end());
  }
}

TEST(Scan, EscapedIsTold) {
  const std::string_view plain = "abc\"";
  const std::string_view escaped = "a\\n\"";
  EXPECT_FALSE(scan_string(plain.data(), plain.data() + plain.size()).escaped);
  EXPECT_TRUE(scan_string(escaped.data(), escaped.data() + escaped.size()).escaped);
}

TEST(Scan, CutEscapes) {
  const std::string_view text = R"(\uD83D\uDE00)";
  for (std::size_t size = 1; size < text.size(); ++size) {
    const Block block(text.substr(0, size));
    EXPECT_NE(scan_string(block.begin(), block.end()).fault, Fault::kNone) << size;
  }
}

TEST(Scan, NumbersEndWhereTheyEnd) {
  struct Case {
    std::string_view text;
    std::size_t length;
    Fault fault;
  };
  for (const Case& c : {Case{"0", 1, Fault::kNone}, Case{"01", 1, Fault::kNumber}, Case{"-0.0e-0,", 7, Fault::kNone},
                        Case{"12,", 2, Fault::kNone}, Case{"1.5.", 3, Fault::kNumber}, Case{"1e5e", 3, Fault::kNumber},
                        Case{"1E+10]", 5, Fault::kNone}, Case{"-", 1, Fault::kNoDigit}, Case{"-x", 1, Fault::kNoDigit},
                        Case{"1.", 2, Fault::kNoDigit}, Case{"1.x", 2, Fault::kNoDigit}, Case{"1e", 2, Fault::kNoDigit},
                        Case{"1e-", 3, Fault::kNoDigit}, Case{"1e+-1", 3, Fault::kNoDigit}}) {
    const Block block(c.text);
    const Token token = scan_number(block.begin(), block.end());
    EXPECT_EQ(token.fault, c.fault) << c.text;
    EXPECT_EQ(static_cast<std::size_t>(token.end - block.begin()), c.length) << c.text;
  }
}

}  // namespace
}  // namespace respand::json
