// The open segment: what is part of it, what is cut off it, and what a failed sync leaves in doubt.

#include <gtest/gtest.h>

#include "journal/scanner.h"
#include "journal/segment_writer.h"
#include "tests/journal/parts_bench.h"

namespace respand::journal {
namespace {

class SegmentWriterTest : public testing::Test {
 protected:
  // Writes a group of one batch and does what the sync mode asks for.
  void write(PartsBench& bench, const std::string& payload) {
    group_.clear();
    group_.push_back(bench.batch(payload));
    bench.writer.seal(group_);
    ASSERT_TRUE(bench.writer.write(group_));
    ASSERT_TRUE(bench.writer.sync());
  }
  // What was written becomes durable.
  void publish(PartsBench& bench, std::size_t payload) {
    const std::uint64_t offset = bench.writer.offset();
    bench.writer.advance(group_.front()->size());
    bench.end.advance(bench.end.next().next(), payload, bench.writer.segment()->id(), offset);
  }
  static std::string file(PartsBench& bench) {
    for (const std::string& path : bench.fs.files()) {
      if (path.starts_with("/journal/seg-")) {
        return path;
      }
    }
    return {};
  }
  std::vector<std::unique_ptr<Batch>> group_;
};

TEST_F(SegmentWriterTest, WhatWasNotMadePartOfTheSegmentIsCutOffIt) {
  PartsBench bench;
  ASSERT_TRUE(bench.writer.open_new());
  ASSERT_NO_FATAL_FAILURE(write(bench, "first"));
  publish(bench, 5);
  const std::uint64_t end = bench.writer.offset();
  ASSERT_NO_FATAL_FAILURE(write(bench, "second"));
  EXPECT_EQ(bench.writer.written(), 1U);
  EXPECT_EQ(bench.writer.offset(), end);
  bench.writer.close(false);
  EXPECT_EQ(bench.writer.written(), 0U);
  EXPECT_EQ(bench.fs.content(file(bench)).size(), end);
}

TEST_F(SegmentWriterTest, ASegmentThatFailedBeforeItsFirstGroupGoes) {
  PartsBench bench;
  ASSERT_TRUE(bench.writer.open_new());
  ASSERT_NO_FATAL_FAILURE(write(bench, "first"));
  bench.writer.close(true);
  EXPECT_FALSE(bench.writer.is_open());
  EXPECT_EQ(file(bench), "");
  EXPECT_EQ(bench.segments.live_files(), 0U);
}

TEST_F(SegmentWriterTest, ASegmentThatIsGoneIsNotSyncedLater) {
  PartsBench bench(Sync::kInterval);
  ASSERT_TRUE(bench.writer.open_new());
  ASSERT_NO_FATAL_FAILURE(write(bench, "first"));
  EXPECT_EQ(bench.writer.sync_at(), bench.clock.mono() + bench.settings.sync_interval);
  bench.writer.close(true);
  EXPECT_EQ(bench.writer.sync_at(), MonoTime::max());
  bench.writer.sync_if_due(bench.clock.mono() + bench.settings.sync_interval);
  EXPECT_FALSE(bench.tail.exists());
}

TEST_F(SegmentWriterTest, WhatAFailedSyncLeavesInDoubtIsWrittenAnewUnderItsSequences) {
  PartsBench bench(Sync::kInterval);
  ASSERT_TRUE(bench.writer.open_new());
  ASSERT_NO_FATAL_FAILURE(write(bench, "first"));
  publish(bench, 5);
  const SegmentId old = bench.writer.segment()->id();
  bench.fs.fail_at(1, {.calls = fs::calls::kSyncData});
  bench.clock.advance(bench.settings.sync_interval);
  bench.writer.sync_if_due(bench.clock.mono());
  EXPECT_FALSE(bench.writer.is_open());
  ASSERT_TRUE(bench.tail.exists());
  auto rewritten = bench.tail.rewrite();
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  EXPECT_FALSE(bench.tail.exists());
  EXPECT_NE(rewritten->segment->id(), old);
  Scanner scanner(*rewritten->segment, SegmentHeader::kSize, Sequence{1}, Sequence{2});
  const auto step = scanner.next(Scanner::Check::kWhole);
  ASSERT_TRUE(step && *step == Scanner::Step::kRecord);
  EXPECT_EQ(scanner.header().sequence, Sequence{1});
  EXPECT_EQ(rewritten->end, scanner.place());
}

TEST_F(SegmentWriterTest, ATailWhoseSegmentWasDroppedIsNone) {
  PartsBench bench(Sync::kInterval);
  ASSERT_TRUE(bench.writer.open_new());
  const auto segment = bench.writer.segment();
  bench.tail.keep(segment, {}, error(ErrorCode::kIo, "test"));
  bench.tail.discard(segment->id().next());
  EXPECT_TRUE(bench.tail.exists());
  EXPECT_NE(bench.tail.retry_at(), MonoTime::max());
  bench.tail.discard(segment->id());
  EXPECT_FALSE(bench.tail.exists());
  EXPECT_EQ(bench.tail.retry_at(), MonoTime::max());
}

}  // namespace
}  // namespace respand::journal
