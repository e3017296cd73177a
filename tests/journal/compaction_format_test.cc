// What a compacted segment looks like, byte by byte.

#include <gtest/gtest.h>

#include "journal/format.h"
#include "tests/journal/compaction_world.h"

namespace respand::journal {
namespace {

// What a compacted segment looks like, byte by byte: FORMAT.md tells the same.
TEST_F(CompactionTest, HasTheFormThatIsWrittenDown) {
  move_one(kOrigin, true);
  const Survey found = survey_it();
  ASSERT_GE(found.segments.size(), 2U);
  const SurveyedSegment& first = found.segments.front();
  EXPECT_EQ(first.name.id, SegmentId{1}) << "it keeps the name of the first one of its run";
  EXPECT_EQ(first.found.header.first, Sequence{1});
  const std::string bytes = fs_.content("/journal/" + segment_name(first.name));
  const auto* at = reinterpret_cast<const std::byte*>(bytes.data()) + SegmentHeader::kSize;
  RecordHeader header = decode_record(at);
  EXPECT_EQ(header.flags, 0) << "an open record is what it was";
  EXPECT_EQ(header.sequence, Sequence{1});
  at += record_extent(header.length);
  header = decode_record(at);
  EXPECT_EQ(header.sequence, Sequence{2});
  EXPECT_EQ(header.flags, kPayloadGone);
  EXPECT_EQ(header.length, kOrigin.size());
  EXPECT_EQ(header.attributes, kOrigin.size());
  EXPECT_TRUE(intact(at));
}

TEST_F(CompactionTest, TheLastRecordSaysUpToWhereARunReached) {
  move_one();
  const Survey found = survey_it();
  const SurveyedSegment& first = found.segments.front();
  EXPECT_EQ(first.records, 1U) << "of the other there is no more than its sequence";
  EXPECT_EQ(first.next, first.limit);
  const std::string bytes = fs_.content("/journal/" + segment_name(first.name));
  ASSERT_EQ(bytes.size(), SegmentHeader::kSize + record_extent(300) + record_extent(0));
  const RecordHeader last =
      decode_record(reinterpret_cast<const std::byte*>(bytes.data()) + SegmentHeader::kSize + record_extent(300));
  EXPECT_EQ(last.flags, kPayloadGone | kAccountGone | kGapAcked);
  EXPECT_EQ(last.length, 0U);
  EXPECT_EQ(last.sequence.value + 1, first.limit.value);
  // The header's sum and the bytes that are there lead to what had been written by then.
  EXPECT_EQ(first.found.header.appended + first.bytes, found.segments[1].found.header.appended);
}

}  // namespace
}  // namespace respand::journal
