// journal.max_size: the files never exceed it by more than the segment that is being written, whatever the settings of
// earlier runs were; and under drop_oldest no more is dropped than necessary.

#include <gtest/gtest.h>

#include "journal/acknowledgements.h"
#include "journal/format.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

constexpr std::uint64_t kPayload = 1000;

Settings with(std::uint64_t segment, std::uint64_t most, WhenFull policy = WhenFull::kReject) {
  Settings settings = small_settings();
  settings.segment_size = Bytes{segment};
  settings.max_size = Bytes{most};
  settings.when_full = policy;
  return settings;
}

// Puts records until one is refused. How many there was room for.
std::uint64_t fill(Life& life) {
  std::uint64_t count = 0;
  while (life.put({std::string(kPayload, 'x')})) {
    ++count;
  }
  return count;
}

TEST(Limits, FilledToWithinASegment) {
  for (const std::uint64_t most : {2U * 4096U, 10U * 4096U, 10U * 4096U + 1U, 11U * 4096U - 1U}) {
    fs::FaultFileSystem fs;
    Life life(fs, with(4096, most));
    EXPECT_GT(fill(life), 0U);
    EXPECT_LE(bytes_of_segments(fs), most);
    EXPECT_GT(bytes_of_segments(fs) + 4096, most);
    EXPECT_EQ(life.journal->snapshot().file_bytes, bytes_of_segments(fs));
  }
}

TEST(Limits, OtherSettingsInTheNextRun) {
  struct Run {
    std::uint64_t segment;
    std::uint64_t most;
  };
  for (const Run& first : {Run{4096, 65536}, Run{16384, 65536}, Run{2048, 16384}}) {
    for (const Run& second : {Run{4096, 65536}, Run{16384, 131072}, Run{2048, 65536}, Run{4096, 16384}}) {
      fs::FaultFileSystem fs;
      {
        Life life(fs, with(first.segment, first.most));
        fill(life);
        life.journal->stop();
      }
      const std::uint64_t before = bytes_of_segments(fs);
      Life life(fs, with(second.segment, second.most));
      ASSERT_FALSE(life.failure);
      const std::uint64_t more = fill(life);
      const std::uint64_t after = bytes_of_segments(fs);
      EXPECT_LE(after, std::max(before, second.most)) << first.segment << " then " << second.segment;
      if (before + second.segment <= second.most) {
        EXPECT_GT(after + second.segment, second.most) << first.segment << " then " << second.segment;
      } else {
        EXPECT_EQ(more, 0U) << first.segment << " then " << second.segment;
      }
      // All of it is delivered, and then there is room again, under the new limit.
      const auto all = life.take_all();
      for (const auto& [sequence, payload] : all) {
        life.acknowledge(sequence);
      }
      static_cast<void>(life.journal->step());
      EXPECT_GT(fill(life), 0U);
      EXPECT_LE(bytes_of_segments(fs), second.most + first.segment);
    }
  }
}

TEST(Limits, DropOldestDropsWhatItMustAndCountsIt) {
  for (const std::uint64_t most : {8192U, 40960U}) {
    fs::FaultFileSystem fs;
    Life life(fs, with(4096, most, WhenFull::kDropOldest));
    std::uint64_t put = 0;
    for (int i = 0; i < 100; ++i) {
      ++put;
      life.put({std::string(kPayload, 'x')});
      for (int turn = 0; turn < 3; ++turn) {
        static_cast<void>(life.journal->step());
      }
      ASSERT_EQ(life.producer.durable_records, put);
      const auto now = life.journal->snapshot();
      ASSERT_EQ(static_cast<double>(now.backlog_records) + dropped_counter(life, "journal_full"),
                static_cast<double>(put));
      ASSERT_EQ(now.backlog_bytes, now.backlog_records * kPayload);
      ASSERT_LE(bytes_of_segments(fs), most);
      // Before the last one was dropped its segment was needed: with it there would not have been room for the next.
      ASSERT_TRUE(dropped_counter(life, "journal_full") == 0 || now.file_bytes + 2 * 4096 > most);
    }
    EXPECT_GT(dropped_counter(life, "journal_full"), 0);
    EXPECT_EQ(life.take_all().size(), life.journal->snapshot().backlog_records);
  }
}

TEST(Limits, TheBytesOfTheBacklogAreRightAgainAfterALoss) {
  fs::FaultFileSystem fs;
  {
    Life life(fs, with(4096, 65536));
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE(life.put({std::string(kPayload, 'x')}));
    }
    life.journal->stop();
  }
  ASSERT_TRUE(fs.remove("/journal/" + segment_name({SegmentId{2}, Sequence{4}})));
  Life life(fs, with(4096, 65536));
  for (const auto& [sequence, payload] : life.take_all()) {
    life.acknowledge(sequence);
  }
  for (int turn = 0; turn < 2; ++turn) {
    life.clock.advance(2 * Acknowledgements::kCursorDelay);
    static_cast<void>(life.journal->step());
  }
  ASSERT_TRUE(life.put({std::string(kPayload, 'x')}));
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, kPayload);
}

}  // namespace
}  // namespace respand::journal
