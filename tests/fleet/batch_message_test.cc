// The form of a message: golden bytes, and what is refused.

#include "fleet/batch_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>
#include <zstd.h>

#include <cstring>

#include "respand/base/random.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

using testing::HasSubstr;

BatchRecord record(std::uint64_t sequence, std::string_view payload, std::string_view attributes = {},
                   ApiRoute route = ApiRoute::kRecords) {
  return {Sequence{sequence}, WallTime{Duration{1'000 + static_cast<Duration::rep>(sequence)}},
          kind_for(route),    route,
          attributes,         payload};
}

std::string message(const std::vector<BatchRecord>& records, bool compress = true) {
  BatchWriter writer;
  writer.begin(0x0102030405060708, "web-1");
  for (const BatchRecord& one : records) {
    writer.add(one);
  }
  return writer.finish(compress);
}

// The message with its checksum put right, so that what is behind the checksum is looked at.
std::string signed_again(std::string bytes) {
  const std::uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size() - 8);
  std::memcpy(bytes.data() + bytes.size() - 8, &checksum, 8);
  return bytes;
}

template <typename Number>
std::string with(std::string bytes, std::size_t offset, Number number) {
  std::memcpy(bytes.data() + offset, &number, sizeof number);
  return signed_again(std::move(bytes));
}

ErrorCode refusal(const std::string& bytes, std::size_t most_body = kMostBody) {
  const auto batch = read_batch(bytes, most_body);
  EXPECT_FALSE(batch);
  return batch ? ErrorCode::kIo : batch.error().code;
}

TEST(BatchMessage, GoldenBytes) {
  const std::string bytes = message({record(7, "{}", "ab"), record(9, "x", "", ApiRoute::kSpans)}, false);
  const std::string expected =
      std::string("RSPNDBAT\x01\x00\x05\x00\x02\x00\x00\x00", 16) +
      std::string("\x08\x07\x06\x05\x04\x03\x02\x01\x35\x00\x00\x00\x35\x00\x00\x00", 16) + "web-1" +
      std::string("\x07\0\0\0\0\0\0\0\xEF\x03\0\0\0\0\0\0\x01\x00\x02\x00\x02\0\0\0", 24) + "ab{}" +
      std::string("\x09\0\0\0\0\0\0\0\xF1\x03\0\0\0\0\0\0\x02\x01\x00\x00\x01\0\0\0", 24) + "x";
  ASSERT_EQ(bytes.size(), expected.size() + 8);
  EXPECT_EQ(bytes.substr(0, expected.size()), expected);
  EXPECT_EQ(bytes, signed_again(bytes));
}

TEST(BatchMessage, ComesBackAsItWasCompressedOrNot) {
  std::string large(100'000, 'a');
  for (const bool compress : {true, false}) {
    const std::string bytes = message({record(1, "{\"a\":1}", "attributes"), record(5, large)}, compress);
    EXPECT_EQ(bytes.size() < 10'000, compress);
    const auto batch = read_batch(bytes);
    ASSERT_TRUE(batch) << batch.error().message;
    EXPECT_EQ(batch->journal, 0x0102030405060708U);
    EXPECT_EQ(batch->host, "web-1");
    ASSERT_EQ(batch->records.size(), 2U);
    EXPECT_EQ(batch->records[0].sequence, Sequence{1});
    EXPECT_EQ(batch->records[0].received, WallTime{Duration{1001}});
    EXPECT_EQ(batch->records[0].attributes, "attributes");
    EXPECT_EQ(batch->records[0].payload, "{\"a\":1}");
    EXPECT_EQ(batch->records[1].payload, large);
  }
}

TEST(BatchMessage, WhatDoesNotCompressIsLeftAsItIs) {
  SeededRandom random(1);
  std::string noise(1000, '\0');
  for (char& c : noise) {
    c = static_cast<char>(random.next());
  }
  EXPECT_EQ(message({record(1, noise)}, true), message({record(1, noise)}, false));
}

TEST(BatchMessage, NoCutAndNoChangedByteIsTaken) {
  for (const bool compress : {true, false}) {
    const std::string bytes = message({record(1, std::string(200, 'x')), record(2, "{}")}, compress);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(read_batch(std::string_view(bytes).substr(0, size))) << size;
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] ^= 1;
      EXPECT_FALSE(read_batch(changed)) << at;
      // What an attacker could sign: it is refused, or read without harm.
      static_cast<void>(read_batch(signed_again(changed)));
    }
    EXPECT_FALSE(read_batch(bytes + "x"));
    EXPECT_FALSE(read_batch(signed_again(bytes + "x")));
  }
}

TEST(BatchMessage, NewerVersionsAreToldFromDamage) {
  const std::string bytes = message({record(1, "{}")}, false);
  EXPECT_EQ(refusal(with(bytes, 8, std::uint8_t{2})), ErrorCode::kUnsupported);
  EXPECT_THAT(read_batch(with(bytes, 8, std::uint8_t{2})).error().message, HasSubstr("update it first"));
  EXPECT_EQ(refusal(with(bytes, 9, std::uint8_t{2})), ErrorCode::kUnsupported);
  const std::size_t kind = BatchHead::kSize + 5 + 16;
  EXPECT_EQ(refusal(with(bytes, kind, std::uint8_t{9})), ErrorCode::kUnsupported);
  EXPECT_EQ(refusal(with(bytes, kind + 1, std::uint8_t{99})), ErrorCode::kUnsupported);
  EXPECT_EQ(refusal(with(bytes, kind + 1, std::uint8_t{1})), ErrorCode::kUnsupported);  // a span of kind 1
}

TEST(BatchMessage, LengthsThatDoNotFitAreRefused) {
  const std::string bytes = message({record(1, "{}"), record(2, "{}")}, false);
  EXPECT_EQ(refusal(with(bytes, 10, std::uint16_t{4})), ErrorCode::kCorrupt);   // host
  EXPECT_EQ(refusal(with(bytes, 12, std::uint32_t{0})), ErrorCode::kCorrupt);   // records
  EXPECT_EQ(refusal(with(bytes, 12, std::uint32_t{1})), ErrorCode::kCorrupt);   // one is left over
  EXPECT_EQ(refusal(with(bytes, 12, std::uint32_t{3})), ErrorCode::kCorrupt);   // more than the bytes can hold
  EXPECT_EQ(refusal(with(bytes, 24, std::uint32_t{51})), ErrorCode::kCorrupt);  // the body's length
  EXPECT_EQ(refusal(with(bytes, 28, std::uint32_t{51})), ErrorCode::kCorrupt);  // the stored length
  const std::size_t first = BatchHead::kSize + 5;
  EXPECT_EQ(refusal(with(bytes, first + 20, std::uint32_t{0})), ErrorCode::kCorrupt);           // an empty payload
  EXPECT_EQ(refusal(with(bytes, first + 20, std::uint32_t{0xFFFFFFFF})), ErrorCode::kCorrupt);  // beyond the end
  EXPECT_EQ(refusal(with(bytes, first, std::uint64_t{0})), ErrorCode::kCorrupt);                // no sequence
  EXPECT_EQ(refusal(with(bytes, first, std::uint64_t{2})), ErrorCode::kCorrupt);                // twice the same
}

// A small message that says it is large takes no memory, whether it lies or not.
TEST(BatchMessage, ABombIsRefusedBeforeItIsUnpacked) {
  const std::string zeros(1 << 20, ' ');
  const std::string bytes = message({record(1, zeros)});
  ASSERT_LT(bytes.size(), 1000U);
  EXPECT_EQ(refusal(bytes, 1000), ErrorCode::kNoSpace);
  EXPECT_TRUE(read_batch(bytes, (1 << 20) + BatchRecord::kHead));
  EXPECT_EQ(refusal(bytes, (1 << 20) + BatchRecord::kHead - 1), ErrorCode::kNoSpace);
  EXPECT_EQ(refusal(with(bytes, 24, std::uint32_t{1000})), ErrorCode::kCorrupt);             // it says less than it is
  EXPECT_EQ(refusal(with(bytes, 24, std::uint32_t{(1U << 20) + 25})), ErrorCode::kCorrupt);  // and more
  EXPECT_EQ(refusal(with(bytes, 24, std::uint32_t{0xFFFFFFFF})), ErrorCode::kNoSpace);
}

TEST(BatchMessage, LimitsAreExact) {
  BatchWriter writer;
  writer.begin(1, std::string(kLongestHost, 'h'));
  for (std::uint64_t sequence = 1; sequence <= kMostBatchRecords; ++sequence) {
    writer.add(record(sequence, "{}"));
  }
  const auto batch = read_batch(writer.finish(true));
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->records.size(), kMostBatchRecords);
  EXPECT_EQ(batch->host.size(), kLongestHost);
}

}  // namespace
}  // namespace respand::fleet
