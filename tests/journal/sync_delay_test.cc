// journal.sync_delay: batches that nobody waits for are written to their file at once, so that a kill -9 does not lose
// them, and are synced together later. A batch that somebody waits for is synced at once, and they with it.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <semaphore>
#include <thread>

#include "journal/file_presence.h"
#include "journal/group_commit.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

constexpr Duration kDelay = std::chrono::milliseconds{10};

class SyncDelay : public testing::Test {
 protected:
  static Settings settings() {
    Settings settings = small_settings();
    settings.sync_delay = kDelay;
    return settings;
  }
  void SetUp() override {
    life_ = std::make_unique<Life>(fs_, settings());
    ASSERT_FALSE(life_->failure);
    // The first group makes the folder's first segment.
    life_->awaited = true;
    ASSERT_TRUE(life_->put({"the first"}));
    life_->awaited = false;
  }
  [[nodiscard]] std::uint64_t syncs() const { return fs_.operations(fs::calls::kSyncData); }
  void pass(Duration span) {
    life_->clock.advance(span);
    static_cast<void>(life_->journal->step());
  }
  [[nodiscard]] std::map<std::uint64_t, std::string> found_next() {
    life_ = std::make_unique<Life>(fs_, settings());
    EXPECT_FALSE(life_->failure);
    EXPECT_EQ(dropped_counter(*life_, "damaged"), 0);
    return life_->take_all();
  }

  fs::FaultFileSystem fs_{1};
  std::unique_ptr<Life> life_;
};

TEST_F(SyncDelay, IsWrittenAtOnceAndSyncedInTime) {
  const std::uint64_t before = syncs();
  EXPECT_FALSE(life_->put({"one"}));
  pass(kDelay / 2);
  EXPECT_FALSE(life_->put({"two", "three"}));
  EXPECT_EQ(syncs(), before);
  EXPECT_EQ(life_->producer.outcomes.size(), 1U);
  EXPECT_EQ(life_->journal->durable_end(), Sequence{2}) << "the API may not have what a power cut may take";
  std::string files;
  for (const std::string& path : fs_.files()) {
    files += fs_.content(path);
  }
  EXPECT_NE(files.find("one"), std::string::npos);
  EXPECT_NE(files.find("three"), std::string::npos);
  const MonoTime due = life_->journal->step();
  EXPECT_EQ(due, life_->clock.mono() + kDelay / 2) << "the first one's time";
  pass(kDelay / 2);
  EXPECT_EQ(life_->producer.outcomes,
            (std::vector{CommitResult::kDurable, CommitResult::kDurable, CommitResult::kDurable}));
  EXPECT_EQ(syncs(), before + 1);
  EXPECT_EQ(life_->take_all().size(), 4U);
}

TEST_F(SyncDelay, SurvivesKill9) {
  EXPECT_FALSE(life_->put({"one"}));
  EXPECT_FALSE(life_->put({"two"}));
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next(), (std::map<std::uint64_t, std::string>{{1, "the first"}, {2, "one"}, {3, "two"}}));
}

// While a group gathers, the journal's thread need not run for a batch to be safe from a kill -9.
TEST_F(SyncDelay, AProducerWritesItsBatchItself) {
  EXPECT_FALSE(life_->put({"one"}));
  life_->offer({"two", "three"});
  life_->offer({"four"});
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next(), (std::map<std::uint64_t, std::string>{
                              {1, "the first"}, {2, "one"}, {3, "two"}, {4, "three"}, {5, "four"}}));
}

TEST_F(SyncDelay, AProducerThatCannotWriteLeavesItToTheThread) {
  EXPECT_FALSE(life_->put({"one"}));
  fs_.fail_at(1, {.calls = fs::calls::kWrite});
  life_->offer({"two"});
  life_->offer({"three"});
  static_cast<void>(life_->journal->step());
  EXPECT_EQ(life_->producer.outcomes.size(), 1U) << "now it is written, and the group waits again";
  pass(kDelay);
  EXPECT_EQ(life_->producer.outcomes.size(), 4U);
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next(),
            (std::map<std::uint64_t, std::string>{{1, "the first"}, {2, "one"}, {3, "two"}, {4, "three"}}));
}

TEST_F(SyncDelay, WhoeverWaitsIsNotKeptWaiting) {
  const std::uint64_t before = syncs();
  EXPECT_FALSE(life_->put({"nobody waits"}));
  life_->awaited = true;
  EXPECT_TRUE(life_->put({"somebody does"}));
  EXPECT_EQ(life_->producer.outcomes.size(), 3U);
  EXPECT_EQ(syncs(), before + 1);
}

TEST_F(SyncDelay, ManyAreSyncedWithoutWaiting) {
  const std::uint64_t before = syncs();
  for (std::size_t batch = 1; batch < GroupCommit::kMostGathered; ++batch) {
    EXPECT_FALSE(life_->put({"one of many"}));
  }
  EXPECT_TRUE(life_->put({"the last"}));
  EXPECT_EQ(syncs(), before + 1);
}

TEST_F(SyncDelay, AStopWaitsForNothing) {
  EXPECT_FALSE(life_->put({"one"}));
  life_->journal->stop();
  EXPECT_EQ(life_->producer.outcomes.back(), CommitResult::kDurable);
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next().size(), 2U);
}

// A batch that does not fit any more begins the next segment, after what has gathered is synced.
TEST_F(SyncDelay, ASegmentThatIsFullIsSynced) {
  const std::string half(kSmallSegment / 2, 'x');
  EXPECT_FALSE(life_->put({half}));
  life_->offer({half});
  static_cast<void>(life_->journal->step());
  EXPECT_EQ(life_->producer.outcomes.size(), 2U);
  static_cast<void>(life_->journal->step());
  pass(kDelay);
  EXPECT_EQ(life_->producer.outcomes.size(), 3U);
  EXPECT_EQ(life_->take_all().size(), 3U);
}

TEST_F(SyncDelay, AFailedSyncWritesAllOfItAnew) {
  EXPECT_FALSE(life_->put({"one"}));
  EXPECT_FALSE(life_->put({"two"}));
  fs_.fail_at(1, {.calls = fs::calls::kSyncData});
  pass(kDelay);
  EXPECT_EQ(life_->producer.outcomes.size(), 3U);
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next(), (std::map<std::uint64_t, std::string>{{1, "the first"}, {2, "one"}, {3, "two"}}));
}

// The disk has room for what is written, but not for the next batch.
TEST_F(SyncDelay, WhatIsWrittenIsSyncedWhereTheNextFindsNoRoom) {
  EXPECT_FALSE(life_->put({"one"}));
  fs_.fail_at(1, {.os_error = ENOSPC, .for_good = true, .calls = fs::calls::kWrite});
  life_->offer({"two"});
  static_cast<void>(life_->journal->step());
  EXPECT_EQ(life_->journal->durable_end(), Sequence{3});
  fs_.clear_faults();
  pass(kRetryInterval);
  pass(kDelay);
  EXPECT_EQ(life_->producer.outcomes,
            (std::vector{CommitResult::kDurable, CommitResult::kDurable, CommitResult::kDurable}));
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next().size(), 3U);
}

// The files are made again with what they held, and what has gathered is written there once.
TEST_F(SyncDelay, FilesThatAreRemovedMeanwhile) {
  EXPECT_FALSE(life_->put({"one"}));
  for (const std::string& path : fs_.files()) {
    ASSERT_TRUE(fs_.remove(path));
  }
  for (int turn = 0; turn < 5; ++turn) {
    pass(FilePresence::kLookInterval);
  }
  EXPECT_EQ(life_->producer.outcomes, (std::vector{CommitResult::kDurable, CommitResult::kDurable}));
  kill_process(fs_, std::move(life_));
  EXPECT_EQ(found_next(), (std::map<std::uint64_t, std::string>{{1, "the first"}, {2, "one"}}));
}

// Gets its batches back on the journal's thread, in the order in which it offered them.
class OrderedProducer final : public Producer {
 public:
  void committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept override {
    const bool behind = outcome == CommitResult::kDurable && last_ < batch->first_sequence();
    last_ = batch->first_sequence();
    in_order_ += behind ? 1U : 0U;
    places_.release();
  }
  void write(JournalWriter& journal, std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
      places_.acquire();
      auto batch = std::make_unique<Batch>(*this, 256);
      std::memset(batch->begin(Kind::kCompletion, WallTime{}, {}, 100), 'x', 100);
      batch->end(100);
      batch->set_awaited(i % 7 == 6);
      ASSERT_TRUE(journal.offer(batch));
    }
    for (std::ptrdiff_t place = 0; place < kPlaces; ++place) {
      places_.acquire();
    }
  }
  [[nodiscard]] std::size_t in_order() const { return in_order_; }

 private:
  static constexpr std::ptrdiff_t kPlaces = JournalWriter::kMaxOutstanding;
  std::counting_semaphore<> places_{kPlaces};
  Sequence last_;
  std::atomic<std::size_t> in_order_ = 0;
};

// Producers and the journal's thread write to one segment in turn.
TEST_F(SyncDelay, ProducersAndTheThreadTakeTurns) {
  constexpr std::size_t kBatches = 700;
  Settings settings = SyncDelay::settings();
  settings.directory = "/threads";
  settings.max_size = mebibytes(64);
  metrics::Registry registry;
  SeededRandom random(3);
  auto journal = std::move(Journal::open(settings, fs_, registry, system_clock(), random).value());
  journal->start();
  std::array<OrderedProducer, 3> producers;
  {
    std::vector<std::jthread> threads;
    for (OrderedProducer& producer : producers) {
      threads.emplace_back([&] { producer.write(journal->writer(), kBatches); });
    }
  }
  for (const OrderedProducer& producer : producers) {
    EXPECT_EQ(producer.in_order(), kBatches);
  }
  EXPECT_EQ(journal->durable_end(), Sequence{3 * kBatches + 1});
  journal->stop();
}

}  // namespace
}  // namespace respand::journal
