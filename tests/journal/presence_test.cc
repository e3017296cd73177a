// The journal's files are removed while it runs: records in a file without a name on the disk are not acknowledged,
// acknowledged ones are rescued from the files that are still open, and no other process can take the journal's place.

#include <gtest/gtest.h>

#include "journal/file_presence.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

class PresenceTest : public testing::Test {
 protected:
  void remove_all() {
    for (const std::string& path : fs_.files()) {
      ASSERT_TRUE(fs_.remove(path));
    }
    ASSERT_TRUE(fs_.sync_directory("/journal"));
  }
  static std::string payload(std::uint64_t number) { return cat(number, " ", std::string(900, 'x')); }
  void put(Life& life, std::uint64_t count) {
    for (; count > 0; --count) {
      ASSERT_TRUE(life.put({payload(++last_)}));
    }
  }
  // A process that finds an empty folder, draws a journal of its own, and ends.
  void let_another_in(std::string_view text) {
    metrics::Registry registry;
    const ManualClock clock;
    SeededRandom random(99);
    Recorder producer;
    auto other = Journal::open(small_settings(), fs_, registry, clock, random);
    ASSERT_TRUE(other);
    auto batch = std::make_unique<Batch>(producer, Batch::encoded_size(0, text.size()));
    text.copy(batch->begin(Kind::kCompletion, clock.wall(), {}, text.size()), text.size());
    batch->end(text.size());
    ASSERT_TRUE((*other)->writer().offer(batch));
    static_cast<void>((*other)->step());
    ASSERT_EQ(producer.durable_records, 1U);
    (*other)->stop();
  }
  // Another process, after a power cut that takes all that was not synced.
  void expect_all_there_after_a_power_cut() {
    SeededRandom random(5);
    fs_.crash(random);
    Life life(fs_);
    ASSERT_FALSE(life.failure) << life.failure->message;
    const auto left = life.take_all();
    EXPECT_EQ(left.size(), last_);
    for (const auto& [sequence, text] : left) {
      EXPECT_EQ(text, payload(sequence));
    }
    EXPECT_EQ(dropped_counter(life, "damaged"), 0);
  }

  fs::FaultFileSystem fs_;
  std::uint64_t last_ = 0;
};

TEST_F(PresenceTest, WhatIsTakenAfterwardsAndWhatWasAcknowledgedBeforeAreInNewFiles) {
  Life life(fs_);
  ASSERT_NO_FATAL_FAILURE(put(life, 30));
  ASSERT_NO_FATAL_FAILURE(remove_all());
  ASSERT_NO_FATAL_FAILURE(put(life, 1));
  EXPECT_TRUE(fs_.exists("/journal/lock"));
  EXPECT_TRUE(fs_.exists("/journal/cursor"));
  EXPECT_EQ(life.journal->snapshot().issue, "");
  EXPECT_TRUE(life.journal->writer().accepting());
  ASSERT_NO_FATAL_FAILURE(put(life, 5));
  EXPECT_EQ(life.take_all().size(), last_) << "delivery goes on, too";
  expect_all_there_after_a_power_cut();
}

TEST_F(PresenceTest, ItIsNoticedWhereNobodyWrites) {
  Life life(fs_);
  ASSERT_NO_FATAL_FAILURE(put(life, 10));
  ASSERT_NO_FATAL_FAILURE(remove_all());
  life.clock.advance(FilePresence::kLookInterval);
  static_cast<void>(life.journal->step());
  EXPECT_TRUE(fs_.exists("/journal/lock"));
  expect_all_there_after_a_power_cut();
}

TEST_F(PresenceTest, WhereAnotherProcessHasTakenItsPlaceNothingIsAcknowledged) {
  Life life(fs_);
  ASSERT_NO_FATAL_FAILURE(put(life, 3));
  ASSERT_NO_FATAL_FAILURE(remove_all());
  auto other = std::make_unique<Life>(fs_);
  ASSERT_FALSE(other->failure);
  EXPECT_FALSE(life.put({payload(4)}));
  EXPECT_NE(life.journal->snapshot().issue.find("removed"), std::string::npos) << life.journal->snapshot().issue;
  EXPECT_NE(life.journal->snapshot().issue.find("in use"), std::string::npos) << life.journal->snapshot().issue;
  other.reset();
  life.clock.advance(kRetryInterval);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(life.producer.durable_records, 4U) << "it goes on by itself";
  EXPECT_EQ(life.journal->snapshot().issue, "");
}

TEST_F(PresenceTest, WhatAnotherProcessHasAcknowledgedIsNotWrittenOver) {
  {
    Life life(fs_);
    ASSERT_NO_FATAL_FAILURE(put(life, 3));
    ASSERT_NO_FATAL_FAILURE(remove_all());
    ASSERT_NO_FATAL_FAILURE(let_another_in("of the other"));
    EXPECT_FALSE(life.put({payload(4)}));
    for (int retry = 0; retry < 3; ++retry) {
      life.clock.advance(kRetryInterval);
      static_cast<void>(life.journal->step());
    }
    EXPECT_NE(life.journal->snapshot().issue.find("another journal"), std::string::npos)
        << life.journal->snapshot().issue;
    EXPECT_EQ(life.producer.durable_records, 3U);
    EXPECT_EQ(life.take_all().size(), 3U) << "it delivers what it holds";
    fs_.crash_keeping_all();
  }
  Life again(fs_);
  ASSERT_FALSE(again.failure);
  const auto left = again.take_all();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.begin()->second, "of the other");
}

TEST_F(PresenceTest, ASecondOneIsKeptOutAsSoonAsItWasNoticed) {
  Life life(fs_);
  ASSERT_NO_FATAL_FAILURE(remove_all());
  ASSERT_NO_FATAL_FAILURE(put(life, 1));
  const Life other(fs_);
  ASSERT_TRUE(other.failure);
  EXPECT_EQ(other.failure->code, ErrorCode::kExists);
}

TEST_F(PresenceTest, ADiskThatFailsMeanwhileIsTriedAgain) {
  for (const fs::Calls kind : {fs::calls::kLock, fs::calls::kOpen, fs::calls::kWrite, fs::calls::kSyncData,
                               fs::calls::kRename, fs::calls::kSyncDirectory, fs::calls::kMakeDirectories}) {
    for (std::uint64_t turn = 1; turn <= 6; ++turn) {
      fs::FaultFileSystem fs;
      Life life(fs);
      for (std::uint64_t i = 1; i <= 6; ++i) {
        ASSERT_TRUE(life.put({payload(i)}));
      }
      for (const std::string& path : fs.files()) {
        ASSERT_TRUE(fs.remove(path));
      }
      fs.fail_at(turn, {.calls = kind});
      static_cast<void>(life.put({payload(7)}));
      fs.clear_faults();
      for (int retry = 0; retry < 3; ++retry) {
        life.clock.advance(kRetryInterval);
        static_cast<void>(life.journal->step());
      }
      ASSERT_EQ(life.producer.durable_records, 7U) << kind << " " << turn;
      life.journal->stop();
      fs.crash_keeping_all();
      Life again(fs);
      ASSERT_EQ(again.take_all().size(), 7U) << kind << " " << turn;
    }
  }
}

}  // namespace
}  // namespace respand::journal
