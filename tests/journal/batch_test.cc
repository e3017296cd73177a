#include "respand/journal/writer.h"

#include <gtest/gtest.h>

#include "journal/format.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

TEST(Batch, FitsExactlyWhatItsSizeSays) {
  Recorder producer;
  const std::size_t size = Batch::encoded_size(3, 10);
  EXPECT_EQ(size, 56U);  // 40 + 13, to the next multiple of 8
  Batch exact(producer, size);
  EXPECT_TRUE(exact.fits(3, 10));
  EXPECT_TRUE(exact.fits(0, 16));
  EXPECT_FALSE(exact.fits(0, 17));
  EXPECT_FALSE(Batch(producer, size - 1).fits(3, 10));
}

TEST(Batch, KeepsWhatWasWrittenAndForgetsItWhenCleared) {
  Recorder producer;
  Batch batch(producer, 256);
  std::memset(batch.begin(Kind::kCompletion, WallTime{}, "ab", 100), 'x', 100);
  batch.end(5);  // shorter than announced
  EXPECT_EQ(batch.records(), 1U);
  EXPECT_EQ(batch.size(), record_extent(7));
  const RecordHeader header = decode_record(batch.encoded().data());
  EXPECT_EQ(header.length, 7U);
  EXPECT_EQ(header.attributes, 2U);
  EXPECT_EQ(batch.encoded()[RecordHeader::kSize + 7], std::byte{0}) << "padding is zero, not what lay there";
  batch.clear();
  EXPECT_EQ(batch.records(), 0U);
  EXPECT_TRUE(batch.fits(0, 256 - RecordHeader::kSize));
  EXPECT_EQ(batch.touched(), record_extent(7)) << "its memory is in use still";
}

}  // namespace
}  // namespace respand::journal
