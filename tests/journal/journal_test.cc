#include "journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/format.h"
#include "journal/free_list.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using testing::HasSubstr;

using Records = std::map<std::uint64_t, std::string>;

class JournalTest : public testing::Test {
 protected:
  static double dropped(Life& life, std::string_view reason) {
    return life.registry
        .counter("respand_records_dropped_total", "Accepted records that will not be delivered", {{"reason", reason}})
        .value();
  }
  fs::FaultFileSystem fs_;
};

TEST_F(JournalTest, GivesBackWhatItWasGivenInOrder) {
  Life life(fs_);
  ASSERT_TRUE(life.put({"one", "two"}));
  ASSERT_TRUE(life.put({"three"}));
  EXPECT_EQ(life.take_all(), (Records{{1, "one"}, {2, "two"}, {3, "three"}}));
  EXPECT_EQ(life.journal->snapshot().backlog_records, 3U);
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, 11U);
}

TEST_F(JournalTest, OneSyncForAllThatWaits) {
  Life life(fs_);
  ASSERT_TRUE(life.put({"first, so that the segment is there"}));
  for (int i = 0; i < 10; ++i) {
    life.offer({"record"});
  }
  const std::uint64_t syncs = fs_.operations(fs::calls::kSyncData);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(fs_.operations(fs::calls::kSyncData), syncs + 1);
  EXPECT_EQ(life.producer.durable_records, 11U);
}

TEST_F(JournalTest, ACleanRestartSendsNothingTwiceAndForgetsNothing) {
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"1", "2", "3", "4", "5"}));
    life.take_all();
    EXPECT_EQ(life.acknowledge(1), 1U);
    EXPECT_EQ(life.acknowledge(3), 1U);
    EXPECT_EQ(life.acknowledge(3), 0U);
    life.journal->stop();
  }
  Life life(fs_);
  EXPECT_EQ(life.journal->snapshot().backlog_records, 3U);
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, 3U);
  EXPECT_EQ(life.take_all(), (Records{{2, "2"}, {4, "4"}, {5, "5"}}));
  ASSERT_TRUE(life.put({"6"}));
  EXPECT_EQ(life.take_all(), (Records{{6, "6"}}));
}

TEST_F(JournalTest, AcknowledgedSurvivesKill9WithoutASync) {
  Life* life = new Life(fs_);
  ASSERT_TRUE(life->put({"1", "2"}));
  life->take_all();
  life->acknowledge(1);
  fs_.crash_keeping_all();
  Life next(fs_);
  EXPECT_EQ(next.take_all(), (Records{{2, "2"}}));
  delete life;
}

TEST_F(JournalTest, SecondOpenerIsRefused) {
  Life life(fs_);
  Life second(fs_);
  ASSERT_TRUE(second.failure);
  EXPECT_EQ(second.failure->code, ErrorCode::kExists);
  EXPECT_THAT(second.failure->message, HasSubstr("/journal"));
}

TEST_F(JournalTest, SegmentsAreRecycledNotPiledUp) {
  Life life(fs_);
  const std::string payload(900, 'x');
  for (std::uint64_t i = 1; i <= 200; ++i) {
    ASSERT_TRUE(life.put({payload}));
    life.take_all();
    life.acknowledge(i);
  }
  std::size_t segments = 0;
  for (const std::string& file : fs_.files()) {
    segments += file.find("/seg-") != std::string::npos ? 1U : 0U;
  }
  EXPECT_LE(segments, 2 + FreeList::kMax);
  EXPECT_GT(fs_.operations(fs::calls::kRename), 20U);
}

TEST_F(JournalTest, ARecordLargerThanASegmentIsTaken) {
  Life life(fs_);
  ASSERT_TRUE(life.put({"small"}));
  const std::string large(3 * kSmallSegment, 'L');
  ASSERT_TRUE(life.put({large}));
  ASSERT_TRUE(life.put({"after"}));
  EXPECT_EQ(life.take_all(), (Records{{1, "small"}, {2, large}, {3, "after"}}));
}

TEST_F(JournalTest, MoreRecordsThanTheRingHoldsComeFromTheDisk) {
  Settings settings = small_settings();
  settings.segment_size = mebibytes(1);
  settings.max_size = mebibytes(16);
  Life life(fs_, settings);
  const std::uint64_t count = 3 * kReferencesAtHand;
  std::vector<std::string> group;
  for (std::uint64_t i = 1; i <= count; ++i) {
    group.push_back(cat("record ", i));
    if (group.size() == 100 || i == count) {
      ASSERT_TRUE(life.put(group));
      group.clear();
    }
  }
  const Records all = life.take_all();
  ASSERT_EQ(all.size(), count);
  EXPECT_EQ(all.at(1), "record 1");
  EXPECT_EQ(all.at(count), cat("record ", count));
  EXPECT_EQ(dropped(life, "damaged"), 0);
}

TEST_F(JournalTest, DamageCostsTheRecordsHitAndIsCounted) {
  std::string segment;
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"1", "2", "3"}));
    ASSERT_TRUE(
        life.put({std::string(kSmallSegment, 'z')}));  // the next segment: the first one is not the newest any more
    life.journal->stop();
    segment = "/journal/" + segment_name({SegmentId{1}, Sequence{1}});
  }
  const std::size_t extent = record_extent(1);
  fs_.flip(segment, SegmentHeader::kSize + extent + 16);  // header of 2
  Life life(fs_);
  const Records left = life.take_all();
  EXPECT_EQ(left.size(), 3U);
  EXPECT_TRUE(left.contains(1) && left.contains(3) && left.contains(4));
  EXPECT_EQ(dropped(life, "damaged"), 1);
  EXPECT_EQ(life.journal->snapshot().backlog_records, 3U);
  bool kept = false;
  for (const std::string& file : fs_.files()) {
    kept = kept || file.find("/journal/quarantine/") == 0;
  }
  EXPECT_TRUE(kept);
}

TEST_F(JournalTest, ADamagedPayloadIsFoundWhenItIsRead) {
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"first", "second", "third"}));
    ASSERT_TRUE(life.put({std::string(kSmallSegment, 'z')}));
    life.journal->stop();
  }
  fs_.flip("/journal/" + segment_name({SegmentId{1}, Sequence{1}}), SegmentHeader::kSize + RecordHeader::kSize + 2);
  Life life(fs_);
  const Records left = life.take_all();
  EXPECT_FALSE(left.contains(1));
  EXPECT_EQ(left.size(), 3U);
  EXPECT_EQ(dropped(life, "damaged"), 1);
}

TEST_F(JournalTest, AMissingSegmentIsALossThatIsSaid) {
  {
    Life life(fs_);
    for (int i = 0; i < 9; ++i) {
      ASSERT_TRUE(life.put({std::string(1000, 'x')}));
    }
    life.journal->stop();
  }
  ASSERT_TRUE(fs_.remove("/journal/" + segment_name({SegmentId{2}, Sequence{4}})));
  Life life(fs_);
  EXPECT_EQ(life.take_all().size(), 6U);
  EXPECT_EQ(dropped(life, "damaged"), 3);
}

TEST_F(JournalTest, ANewerFormatIsRefused) {
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"1"}));
    life.journal->stop();
  }
  const std::string path = "/journal/" + segment_name({SegmentId{1}, Sequence{1}});
  std::string content = fs_.content(path);
  auto* const bytes = reinterpret_cast<std::byte*>(content.data());
  store(bytes + 8, kFormatVersion + 1);
  store(bytes + 56, checksum(ConstBytes(bytes, 56)));
  fs_.set_content(path, content);
  Life life(fs_);
  ASSERT_TRUE(life.failure);
  EXPECT_EQ(life.failure->code, ErrorCode::kUnsupported);
  EXPECT_THAT(life.failure->message, HasSubstr("format version 2"));
}

TEST_F(JournalTest, WithoutACursorEverythingLeftIsSentAgain) {
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"1", "2"}));
    life.take_all();
    life.acknowledge(1);
    life.journal->stop();
  }
  ASSERT_TRUE(fs_.remove("/journal/cursor"));
  Life life(fs_);
  EXPECT_EQ(life.take_all(), (Records{{1, "1"}, {2, "2"}}));
}

TEST_F(JournalTest, OldestIsTheTimeOfReceiptOfTheLowestOpenRecord) {
  Life life(fs_);
  EXPECT_FALSE(life.journal->oldest());
  const WallTime first = life.clock.wall();
  ASSERT_TRUE(life.put({"1"}));
  life.clock.advance(std::chrono::seconds{5});
  ASSERT_TRUE(life.put({"2"}));
  EXPECT_EQ(life.journal->oldest(), first);
  life.take_all();
  life.acknowledge(1);
  EXPECT_EQ(life.journal->oldest(), first + std::chrono::seconds{5});
  life.acknowledge(2);
  EXPECT_FALSE(life.journal->oldest());
}

TEST_F(JournalTest, ReceivedCountsWhatWasLeftSoThatTheBooksBalance) {
  {
    Life life(fs_);
    ASSERT_TRUE(life.put({"1", "2", "3"}));
    life.take_all();
    life.acknowledge(2);
    life.journal->stop();
  }
  Life life(fs_);
  EXPECT_THAT(life.registry.expose(), HasSubstr("respand_records_received_total{input=\"journal\"} 2"));
  EXPECT_THAT(life.registry.expose(), HasSubstr("respand_backlog_records 2"));
}

TEST_F(JournalTest, TheThreadTakesAcknowledgementsAndStops) {
  // Real time and thread: a producer hands over while two readers take and acknowledge.
  metrics::Registry registry;
  SeededRandom random(3);
  auto journal = std::move(Journal::open(small_settings(), fs_, registry, system_clock(), random).value());
  journal->retention().keep_from(Sequence{~0ULL});
  queue::Sleeper sleeper;
  queue::Doorbell bell([&] { sleeper.wake(); });
  journal->reader().add_reader(bell, bell);
  journal->start();
  constexpr std::uint64_t kRecords = 2000;
  std::atomic<std::uint64_t> durable = 0;
  struct Counting final : Producer {
    explicit Counting(std::atomic<std::uint64_t>& n, queue::Sleeper& s) : count(n), sleeper(s) {}
    void committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept override {
      count += outcome == CommitResult::kDurable ? batch->records() : 0;
    }
    std::atomic<std::uint64_t>& count;
    queue::Sleeper& sleeper;
  } producer(durable, sleeper);
  std::jthread writer([&] {
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      auto batch = std::make_unique<Batch>(producer, 256);
      std::memset(batch->begin(Kind::kCompletion, WallTime{}, {}, 100), 'x', 100);
      batch->end(100);
      while (!journal->writer().offer(batch)) {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t taken = 0;
  while (taken < kRecords) {
    Ref ref;
    if (!journal->reader().take(ref)) {
      bell.arm();
      if (!journal->reader().take(ref)) {
        sleeper.wait_until(MonoTime::max());
        continue;
      }
      bell.disarm();
    }
    std::string payload;
    ASSERT_TRUE(journal->reader().read(ref, payload));
    const Ack done{ref.sequence, ref.length};
    ASSERT_EQ(journal->reader().acknowledge({&done, 1}), 1U);
    ++taken;
  }
  writer.join();
  journal->stop();
  EXPECT_EQ(durable, kRecords);
  EXPECT_EQ(journal->snapshot().backlog_records, 0U);
}

}  // namespace
}  // namespace respand::journal
