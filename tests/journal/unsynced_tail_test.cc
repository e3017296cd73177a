// Under journal.sync: interval, records may be acknowledged and in the page cache, but perhaps not on the disk, when
// fdatasync fails. They are written again; a kill -9 at any moment loses none of them.

#include <gtest/gtest.h>

#include <cstdio>

#include "journal/acknowledgements.h"
#include "journal/format.h"
#include "journal/segment.h"
#include "journal/survey.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using Records = std::map<std::uint64_t, std::string>;

class UnsyncedTailTest : public testing::Test {
 protected:
  static Settings settings() {
    Settings settings = small_settings();
    settings.sync = Sync::kInterval;
    return settings;
  }
  static std::string payload(std::uint64_t number) { return cat(number, " ", std::string(600, 'x')); }

  void put(Life& life, std::uint64_t count) {
    for (; count > 0; --count) {
      ASSERT_TRUE(life.put({payload(++last_)}));
    }
  }
  static void pass(Life& life, Duration span) {
    life.clock.advance(span);
    for (int turn = 0; turn < 3; ++turn) {
      static_cast<void>(life.journal->step());
    }
  }
  // Two records that were synced, two whose sync fails.
  void come_to_doubt(Life& life, bool for_good = false) {
    ASSERT_FALSE(life.failure);
    ASSERT_NO_FATAL_FAILURE(put(life, 2));
    pass(life, settings().sync_interval);
    ASSERT_NO_FATAL_FAILURE(put(life, 2));
    fs_.fail_at(1, {.for_good = for_good, .calls = fs::calls::kSyncData});
    pass(life, settings().sync_interval);
  }
  [[nodiscard]] Records all() const {
    Records all;
    for (std::uint64_t number = 1; number <= last_; ++number) {
      all[number] = payload(number);
    }
    return all;
  }
  static Records found(fs::FaultFileSystem& fs) {
    Life life(fs, settings());
    EXPECT_FALSE(life.failure);
    EXPECT_EQ(dropped_counter(life, "damaged"), 0);
    return life.failure ? Records() : life.take_all();
  }
  void expect_power_cuts_lose_nothing() {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      fs::FaultFileSystem left(fs_.snapshot());
      SeededRandom random(seed);
      left.crash(random);
      ASSERT_EQ(found(left), all()) << "seed " << seed;
    }
  }

  fs::FaultFileSystem fs_;
  std::uint64_t last_ = 0;
};

TEST_F(UnsyncedTailTest, IsWrittenAnewAtOnce) {
  Life life(fs_, settings());
  ASSERT_NO_FATAL_FAILURE(come_to_doubt(life));
  EXPECT_EQ(fs_.faults_hit(), 1U);
  EXPECT_EQ(life.journal->snapshot().issue, "");
  EXPECT_TRUE(fs_.synced_after_failure().empty());
  ASSERT_NO_FATAL_FAILURE(expect_power_cuts_lose_nothing());
  ASSERT_NO_FATAL_FAILURE(put(life, 8));
  pass(life, settings().sync_interval);
  ASSERT_NO_FATAL_FAILURE(expect_power_cuts_lose_nothing());
  const auto offline = survey(fs_, "/journal", {});
  ASSERT_TRUE(offline);
  EXPECT_TRUE(offline->damage.empty()) << "the old copy does not count";
  EXPECT_EQ(offline->records, last_);
  EXPECT_EQ(life.take_all(), all()) << "who has a reference reads on";
  for (std::uint64_t number = 1; number <= last_; ++number) {
    life.acknowledge(number);
  }
  pass(life, 2 * Acknowledgements::kCursorDelay);
  EXPECT_EQ(life.journal->snapshot().backlog_bytes, 0U);
  EXPECT_EQ(fs_.synced_after_failure(), std::set<std::string>());
}

TEST_F(UnsyncedTailTest, OfAFullSegmentToo) {
  Life life(fs_, settings());
  ASSERT_NO_FATAL_FAILURE(put(life, 2));
  fs_.fail_at(1, {.calls = fs::calls::kSyncData});
  ASSERT_NO_FATAL_FAILURE(put(life, 10));  // the next segment begins
  EXPECT_EQ(fs_.faults_hit(), 1U);
  pass(life, settings().sync_interval);
  ASSERT_NO_FATAL_FAILURE(expect_power_cuts_lose_nothing());
}

TEST_F(UnsyncedTailTest, AtAStop) {
  {
    Life life(fs_, settings());
    ASSERT_NO_FATAL_FAILURE(put(life, 3));
    fs_.fail_at(1, {.calls = fs::calls::kSyncData});
    life.journal->stop();
  }
  ASSERT_NO_FATAL_FAILURE(expect_power_cuts_lose_nothing());
}

TEST_F(UnsyncedTailTest, ThatStaysIsSaidAndHoldsBackWhatComes) {
  Life life(fs_, settings());
  ASSERT_NO_FATAL_FAILURE(come_to_doubt(life, true));
  EXPECT_NE(life.journal->snapshot().issue, "");
  EXPECT_FALSE(life.put({payload(++last_)})) << "acknowledged although it is in doubt what comes before it";
  EXPECT_NE(life.journal->snapshot().issue, "");
  {
    fs::FaultFileSystem killed(fs_.snapshot());
    Records acknowledged = all();
    acknowledged.erase(last_);
    EXPECT_EQ(found(killed), acknowledged);
  }
  fs_.clear_faults();
  pass(life, kRetryInterval);
  EXPECT_EQ(life.producer.durable_records, last_);
  EXPECT_EQ(life.journal->snapshot().issue, "");
  pass(life, settings().sync_interval);
  ASSERT_NO_FATAL_FAILURE(expect_power_cuts_lose_nothing());
}

// A record is no longer in the page cache, and the disk can't read it back.
TEST_F(UnsyncedTailTest, ThatCanNotBeReadHoldsUpNobodyForEver) {
  Life life(fs_, settings());
  ASSERT_NO_FATAL_FAILURE(put(life, 4));
  const std::string first = "/journal/" + segment_name({SegmentId{1}, Sequence{1}});
  fs_.make_unreadable(first, fs_.content(first).find(payload(2)) + 100, 8);
  fs_.fail_at(1, {.calls = fs::calls::kSyncData});
  pass(life, settings().sync_interval);
  EXPECT_NE(life.journal->snapshot().issue, "");
  for (std::uint32_t tries = 0; tries < kReadPatience; ++tries) {
    pass(life, kRetryInterval);
  }
  EXPECT_EQ(life.journal->snapshot().issue, "");
  ASSERT_NO_FATAL_FAILURE(put(life, 1));
  pass(life, settings().sync_interval);
  fs::FaultFileSystem left(fs_.snapshot());
  SeededRandom random(1);
  left.crash(random);
  Life after(left, settings());
  ASSERT_FALSE(after.failure);
  const Records there = after.take_all();
  EXPECT_FALSE(there.contains(2));
  EXPECT_TRUE(there.contains(5) && there.at(5) == payload(5));
}

// The process, or the power, ends at each call that is made after the failed sync.
TEST_F(UnsyncedTailTest, EndedAtAnyCall) {
  std::uint64_t calls = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    fs_.restore(fs::FaultFileSystem().snapshot());
    last_ = 0;
    auto life = std::make_unique<Life>(fs_, settings());
    ASSERT_NO_FATAL_FAILURE(put(*life, 2));
    pass(*life, settings().sync_interval);
    ASSERT_NO_FATAL_FAILURE(put(*life, 2));
    const std::uint64_t hits = fs_.faults_hit();
    fs_.fail_at(1, {.calls = fs::calls::kSyncData});
    fs_.power_off_at(1 + nth);
    pass(*life, settings().sync_interval);
    const bool cut = fs_.faults_hit() > hits + 1;
    kill_process(fs_, std::move(life));
    {
      fs::FaultFileSystem killed(fs_.snapshot());
      ASSERT_EQ(found(killed), all()) << "call " << nth;
    }
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      fs::FaultFileSystem left(fs_.snapshot());
      SeededRandom random(seed);
      left.crash(random);
      Life after(left, settings());
      ASSERT_FALSE(after.failure);
      const Records there = after.take_all();
      for (std::uint64_t number = 1; number <= (cut ? 2 : last_); ++number) {
        ASSERT_TRUE(there.contains(number)) << number << ", call " << nth << ", seed " << seed;
      }
      for (const auto& [sequence, text] : there) {
        ASSERT_EQ(text, payload(sequence)) << "call " << nth << ", seed " << seed;
      }
    }
    ++calls;
    if (!cut) {
      break;
    }
  }
  EXPECT_GT(calls, 5U);
  std::printf("ended at %llu calls\n", static_cast<unsigned long long>(calls));
}

}  // namespace
}  // namespace respand::journal
