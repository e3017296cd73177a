#include "respand/base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace respand {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

TEST(ParseBytes, TakesEveryUnit) {
  EXPECT_EQ(parse_bytes("0").value().value, 0U);
  EXPECT_EQ(parse_bytes("4096").value().value, 4096U);
  EXPECT_EQ(parse_bytes("1B").value().value, 1U);
  EXPECT_EQ(parse_bytes("64KiB").value(), kibibytes(64));
  EXPECT_EQ(parse_bytes("8MiB").value(), mebibytes(8));
  EXPECT_EQ(parse_bytes("4GiB").value(), gibibytes(4));
  EXPECT_EQ(parse_bytes("2TiB").value(), gibibytes(2048));
}

TEST(ParseBytes, EndsAtWhatAFileCanHave) {
  EXPECT_EQ(parse_bytes("9223372036854775807").value().value, kMaxBytes);
  EXPECT_EQ(parse_bytes("9223372036854775807B").value().value, kMaxBytes);
  EXPECT_EQ(parse_bytes("8388607TiB").value().value, 8388607ULL << 40);
  for (const char* text : {"9223372036854775808", "9223372036854775808B", "8388608TiB", "18446744073709551615",
                           "18446744073709551616", "99999999999999999999999999GiB"}) {
    const auto parsed = parse_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_NE(parsed.error().message.find("too large"), std::string::npos) << parsed.error().message;
  }
}

TEST(ParseBytes, RefusesWhatItWouldHaveToGuess) {
  for (const char* text : {"", " ", "KiB", "-1", "+1", "-1KiB", "1.5GiB", "1 KiB", " 1KiB", "1KiB ", "1KB", "1MB",
                           "1kib", "1K", "1e3", "0x10", "1KiB1", "١KiB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
  EXPECT_NE(parse_bytes("10MB").error().message.find("8MiB"), std::string::npos) << "a hint";
  EXPECT_FALSE(parse_bytes(std::string_view("1KiB\0", 5)));
}

TEST(ParseDuration, TakesEveryUnit) {
  EXPECT_EQ(parse_duration("0").value(), 0us);
  EXPECT_EQ(parse_duration("0s").value(), 0us);
  EXPECT_EQ(parse_duration("250us").value(), 250us);
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("2h").value(), 2h);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
}

TEST(ParseDuration, EndsAtAHundredYears) {
  EXPECT_EQ(parse_duration("36499d").value(), 24h * 36499);
  EXPECT_EQ(parse_duration("36500d").value(), 24h * 36500);
  EXPECT_EQ(parse_duration("3153600000000000us").value(), 24h * 36500);
  for (const char* text :
       {"36501d", "876001h", "3153600000000001us", "9223372036854775807s", "18446744073709551616us"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, NeverGuessesTheUnit) {
  for (const char* text : {"", "1", "00", "30", "-30s", "30 s", "1.5s", "s", "1S", "1sec", "1h30m", "1ns", "1w", "∞"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, MessagesCannotBeMadeToForge) {
  const auto parsed = parse_duration("1\nERROR forged\x1b[2J");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(parsed.error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(parse_bytes(std::string(1 << 20, '9')).error().message.size(), 200U);
}

TEST(ToText, IsTheShortestThatParsesBack) {
  EXPECT_EQ(to_text(Bytes{0}), "0");
  EXPECT_EQ(to_text(Bytes{1}), "1B");
  EXPECT_EQ(to_text(mebibytes(64)), "64MiB");
  EXPECT_EQ(to_text(kibibytes(1536)), "1536KiB");
  EXPECT_EQ(to_text(Duration{0}), "0");
  EXPECT_EQ(to_text(Duration{1500ms}), "1500ms");
  EXPECT_EQ(to_text(Duration{48h}), "2d");
  EXPECT_EQ(to_text(Duration{-5s}), "-5s");
  EXPECT_EQ(to_text(Duration::min()), "-9223372036854775808us");
  for (const std::uint64_t n : {1ULL, 1023ULL, 1024ULL, 1025ULL, 999'999ULL, 1ULL << 40, (1ULL << 40) + 1}) {
    EXPECT_EQ(parse_bytes(to_text(Bytes{n})).value().value, n);
    EXPECT_EQ(parse_duration(to_text(Duration{n})).value(), Duration{n});
  }
}

WallTime at(std::int64_t microseconds) { return WallTime{Duration{microseconds}}; }

TEST(Iso8601, WritesMicrosecondsInUtc) {
  EXPECT_EQ(iso8601(at(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(iso8601(at(1'795'304'402'123'456)), "2026-11-21T23:40:02.123456Z");
  EXPECT_EQ(iso8601(at(-1)), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(iso8601(at(951'782'399'999'999)), "2000-02-28T23:59:59.999999Z");
  EXPECT_EQ(iso8601(at(951'782'400'000'000)), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(iso8601(at(4'107'542'400'000'000)), "2100-03-01T00:00:00.000000Z") << "not a leap year";
}

TEST(Iso8601, KeepsItsLengthAtTheEndsOfItsYears) {
  EXPECT_EQ(iso8601(at(-62'167'219'200'000'000)), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(iso8601(at(253'402'300'799'999'999)), "9999-12-31T23:59:59.999999Z");
  for (const auto time : {WallTime::min(), at(-62'167'219'200'000'001)}) {
    EXPECT_EQ(iso8601(time), "0000-01-01T00:00:00.000000Z");
  }
  for (const auto time : {WallTime::max(), at(253'402'300'800'000'000)}) {
    EXPECT_EQ(iso8601(time), "9999-12-31T23:59:59.999999Z");
  }
}

TEST(Printable, LeavesGoodTextAlone) {
  for (const char* text :
       {"", "plain ~", "é ü ß", "日本語", "🙂", "\u00a0", "\u2027\u202f", "\ufffd", "\U0010ffff"}) {
    EXPECT_EQ(printable(text, 100), text);
  }
}

TEST(Printable, MasksEveryControlCharacter) {
  for (int c = 0; c < 0x20; ++c) {
    EXPECT_EQ(printable(std::string(1, static_cast<char>(c)), 9), "?") << c;
  }
  EXPECT_EQ(printable("\x7f", 9), "?");
  for (int c = 0x80; c < 0xA0; ++c) {
    EXPECT_EQ(printable(std::string{'\xC2', static_cast<char>(c)}, 9), "?") << c;
  }
  EXPECT_EQ(printable("a\x1b[31mb\r\nc", 99), "a?[31mb??c");
  EXPECT_EQ(printable("\u2028\u2029\u202a\u202e\u2066\u2069", 99), "??????") << "separators and directions";
}

TEST(Printable, MasksEachByteThatIsNotUtf8) {
  EXPECT_EQ(printable("\x80", 9), "?");
  EXPECT_EQ(printable("\xff\xfe", 9), "??");
  EXPECT_EQ(printable("\xC0\xAF", 9), "??") << "overlong";
  EXPECT_EQ(printable("\xC1\xBF", 9), "??");
  EXPECT_EQ(printable("\xE0\x80\xAF", 9), "???") << "overlong";
  EXPECT_EQ(printable("\xF0\x80\x80\xAF", 9), "????") << "overlong";
  EXPECT_EQ(printable("\xED\xA0\x80", 9), "???") << "surrogate";
  EXPECT_EQ(printable("\xF4\x90\x80\x80", 9), "????") << "beyond U+10FFFF";
  EXPECT_EQ(printable("\xF5\x80\x80\x80", 9), "????");
  EXPECT_EQ(printable("a\xC3", 9), "a?") << "cut";
  EXPECT_EQ(printable("\xE2\x82", 9), "??") << "cut";
  EXPECT_EQ(printable("\xC3\n", 9), "??") << "a newline behind a lead byte";
  EXPECT_EQ(printable("\xE2\x82\nx", 9), "???x");
}

TEST(Printable, CutsAtTheStartOfACharacter) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable("abé", 3), "ab…");
  EXPECT_EQ(printable("abé", 4), "abé");
  EXPECT_EQ(printable("🙂", 3), "…");
  EXPECT_EQ(printable("x", 0), "…");
  EXPECT_EQ(printable("", 0), "");
}

// A decoder of its own, from the Unicode standard's definition: is the text UTF-8 throughout?
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > text.size()) {
      return false;
    }
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) {
        return false;
      }
      point = point << 6 | (next & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return false;
    }
    i += length;
  }
  return true;
}

TEST(Printable, AgreesWithTheStandardOnEveryShortSequence) {
  // Leads and followers from every range that the rules tell apart.
  const std::string bytes =
      "\x41\x7e\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff";
  for (const char a : bytes) {
    for (const char b : bytes) {
      for (const char c : bytes) {
        for (const char d : bytes) {
          const std::string text{a, b, c, d};
          const std::string shown = printable(text, 99);
          ASSERT_TRUE(is_utf8(shown));
          const bool control = text.find("\xC2\x80") != std::string::npos ||
                               text.find("\xC2\x8f") != std::string::npos ||
                               text.find("\xC2\x90") != std::string::npos || text.find("\xC2\x9f") != std::string::npos;
          ASSERT_EQ(shown == text, is_utf8(text) && !control) << testing::PrintToString(text);
        }
      }
    }
  }
}

TEST(Cat, JoinsTextCharactersAndNumbers) {
  EXPECT_EQ(cat("line ", 7, ':', ' ', std::string("reason"), -1, 18446744073709551615ULL),
            "line 7: reason-118446744073709551615");
  EXPECT_EQ(cat(), "");
}

}  // namespace
}  // namespace respand
