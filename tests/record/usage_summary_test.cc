#include "respand/record/usage_summary.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "respand/base/random.h"

namespace respand::record {
namespace {

std::string encoded(const UsageSummary& summary) {
  std::string out(kMaxAccountSize, '\xEE');
  out.resize(encode(summary, out.data()));
  return out;
}

UsageSummary full() {
  return {.model = "gpt-4o",
          .provider = "openai",
          .customer = "user_123",
          .environment = "prod",
          .tokens = {.prompt = 1000, .completion = 300, .cached_prompt = 127, .cache_write = 128, .reasoning = 0},
          .cost = Decimal{123'456, 9},
          .generation_time = Duration{1'283'700},
          .error = true};
}

TEST(UsageSummary, GoldenBytes) {
  EXPECT_EQ(encoded(full()), std::string("\x02\x07"                          // version, flags
                                         "\x06gpt-4o\x06openai"              // names
                                         "\x08user_123\x04prod"              //
                                         "\xE8\x07\xAC\x02\x7F\x80\x01\x00"  // 1000, 300, 127, 128, 0
                                         "\xC0\xC4\x07\x09"  // 123456 = 7·128² + 68·128 + 64, scale 9
                                         "\xF4\xAC\x4E",     // 1283700 = 78·128² + 44·128 + 116
                                         45));
  EXPECT_EQ(encoded({}), std::string("\x02\0\0\0\0\0\0\0\0\0\0", 11)) << "nothing known";
}

// What the second version has.
UsageSummary extended() {
  UsageSummary summary = full();
  summary.cost_source = CostSource::kReported;
  summary.unpriced = true;
  summary.dimensions = {"blue", "", "x"};
  summary.identity = 0x0102030405060708;
  return summary;
}

TEST(UsageSummary, GoldenBytesOfWhatTheSecondVersionAdds) {
  const std::string bytes = encoded(extended());
  EXPECT_EQ(bytes.substr(0, 2), "\x02\xEF") << "1, 2, 4, 8, 32, 64 and 128";
  EXPECT_EQ(bytes.substr(45), std::string("\x04"
                                          "blue\x00\x01x\x08\x07\x06\x05\x04\x03\x02\x01",
                                          16));
}

// A journal of respand 0.1 is counted as well.
TEST(UsageSummary, TheFirstVersionIsRead) {
  std::string bytes = encoded(full());
  bytes[0] = 1;
  ASSERT_TRUE(decode(bytes));
  EXPECT_EQ(*decode(bytes), full());
  bytes[1] = static_cast<char>(bytes[1] | 32);
  EXPECT_FALSE(decode(bytes)) << "a flag that it did not have";
}

TEST(UsageSummary, GoesThereAndBack) {
  for (const UsageSummary& summary : {UsageSummary{}, full(), extended(), UsageSummary{.cost = Decimal{}},
                                      UsageSummary{.generation_time = Duration{}},
                                      UsageSummary{.cost = Decimal{}, .cost_source = CostSource::kComputed}}) {
    const std::string bytes = encoded(summary);
    const auto back = decode(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, summary);
  }
}

TEST(UsageSummary, TheLargestFits) {
  const std::string name(kMaxName, 'x');
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const UsageSummary largest{.model = name,
                             .provider = name,
                             .customer = name,
                             .environment = name,
                             .tokens = {kMost, kMost, kMost, kMost, kMost},
                             .cost = Decimal{~Wide{0} >> 1, kMaxScale},
                             .generation_time = Duration::max(),
                             .error = true,
                             .dimensions = {name, name, name},
                             .identity = kMost};
  const std::string bytes = encoded(largest);
  EXPECT_EQ(bytes.size(), kMaxAccountSize);
  ASSERT_TRUE(decode(bytes));
  EXPECT_EQ(*decode(bytes), largest);
}

TEST(UsageSummary, LongNamesAreCutBetweenCharacters) {
  EXPECT_EQ(cut_name("abc", 3), "abc");
  EXPECT_EQ(cut_name("abcd", 3), "abc");
  EXPECT_EQ(cut_name("ab\u00e9", 3), "ab") << "two bytes, one fits";
  EXPECT_EQ(cut_name("\U0001F600", 3), "");
  const std::string exact(kMaxName, 'x');
  for (const auto& [given, kept] : {std::pair{exact.substr(1), exact.substr(1)},
                                    {exact, exact},
                                    {exact + "x", exact},
                                    {exact.substr(1) + "\u00e9", exact.substr(1)}}) {
    const std::string bytes = encoded({.customer = given});
    ASSERT_TRUE(decode(bytes));
    EXPECT_EQ(decode(bytes)->customer, kept);
  }
}

TEST(UsageSummary, HostileBytesAreRefused) {
  const std::string good = encoded(full());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode(good.substr(0, size))) << "cut at " << size;
  }
  EXPECT_FALSE(decode(good + '\0')) << "something behind it";
  const auto changed = [&good](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return decode(bytes).has_value();
  };
  EXPECT_FALSE(changed(0, 3)) << "version";
  EXPECT_FALSE(changed(1, 31)) << "two sources of one cost";
  EXPECT_FALSE(changed(1, 14)) << "a source of no cost";
  EXPECT_FALSE(changed(2, static_cast<char>(201))) << "a name that is too long";
  EXPECT_FALSE(changed(3, '\xFF')) << "no UTF-8";
  EXPECT_FALSE(changed(41, 19)) << "scale";
  const std::string empty = encoded({});
  EXPECT_FALSE(decode(empty.substr(0, 10) + std::string("\x80\x00", 2))) << "a number with a needless byte";
  EXPECT_FALSE(decode(empty.substr(0, 10) + std::string(9, '\xFF') + '\x02')) << "over 64 bits";
  EXPECT_FALSE(decode(empty.substr(0, 10) + std::string(40, '\x80'))) << "a number without an end";
}

// Whatever the bytes: no read outside, and what is accepted is what encode() writes.
TEST(UsageSummary, RandomBytes) {
  SeededRandom random(5);
  for (int round = 0; round < 20'000; ++round) {
    const std::string good = encoded(round % 2 == 0 ? full() : extended());
    std::string bytes = good;
    for (std::uint64_t changes = random.next() % 4 + 1; changes > 0; --changes) {
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
    }
    bytes.resize(random.next() % 4 == 0 ? random.next() % bytes.size() : bytes.size());
    if (const auto summary = decode(bytes)) {
      bytes[0] = 2;
      EXPECT_EQ(encoded(*summary), bytes);
    }
  }
}

}  // namespace
}  // namespace respand::record
