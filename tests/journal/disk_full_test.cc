// The disk is full. Records that still fit go in; others wait, are refused, or replace the oldest, as journal.when_full
// says. Room that becomes free is used without anybody's help.

#include <gtest/gtest.h>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using Records = std::map<std::uint64_t, std::string>;

class DiskFullTest : public testing::Test {
 protected:
  static Settings settings(WhenFull policy) {
    Settings settings = small_settings();
    settings.when_full = policy;
    return settings;
  }
  static std::string text(std::uint64_t number) { return cat("record ", number, std::string(1000, 'x')); }
  // Puts records until one does not become durable; that one is put last. How many are durable.
  static std::uint64_t fill(Life& life) {
    std::uint64_t put = 0;
    while (life.put({text(put + 1)})) {
      ++put;
    }
    return put;
  }
  void allow(Bytes more) { fs_.set_capacity(Bytes{fs_.used().value + more.value}); }
  static void acknowledge_all(Life& life, std::uint64_t through) {
    life.take_all();
    for (std::uint64_t s = 1; s <= through; ++s) {
      life.acknowledge(s);
    }
  }
  static void wait_for_retry(Life& life) {
    life.clock.advance(kRetryInterval);
    static_cast<void>(life.journal->step());
  }
  static double dropped(Life& life) {
    return life.registry
        .counter("respand_records_dropped_total", "Accepted records that will not be delivered",
                 {{"reason", "journal_full"}})
        .value();
  }

  fs::FaultFileSystem fs_;
};

TEST_F(DiskFullTest, OfAGroupThatDoesNotFitThatMuchGoesInAsFits) {
  Life life(fs_, settings(WhenFull::kBlock));
  allow(Bytes{2600});
  for (std::uint64_t n = 1; n <= 3; ++n) {
    life.offer({text(n)});
  }
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(life.journal->step());
  }
  EXPECT_EQ(life.producer.outcomes, std::vector(2, CommitResult::kDurable));
  EXPECT_NE(life.journal->snapshot().issue, "");
  EXPECT_EQ(life.take_all(), (Records{{1, text(1)}, {2, text(2)}}));
  allow(Bytes{kSmallSegment});
  wait_for_retry(life);
  EXPECT_EQ(life.take_all(), (Records{{3, text(3)}}));
  EXPECT_EQ(life.journal->snapshot().issue, "");
}

TEST_F(DiskFullTest, TheOnlySegmentIsUsedAgainOnceAllOfItIsAcknowledged) {
  Life life(fs_, settings(WhenFull::kBlock));
  allow(Bytes{2600});
  const std::uint64_t durable = fill(life);
  EXPECT_EQ(durable, 2U);
  wait_for_retry(life);
  EXPECT_EQ(life.producer.durable_records, durable) << "one is not durable";
  acknowledge_all(life, durable);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(life.producer.durable_records, durable + 1) << "at once";
  EXPECT_EQ(life.take_all(), (Records{{durable + 1, text(durable + 1)}}));
}

TEST_F(DiskFullTest, UnderRejectItAcceptsByThemselvesAndWhatWasRefusedStaysAway) {
  std::uint64_t durable = 0;
  {
    Life life(fs_, settings(WhenFull::kReject));
    allow(Bytes{2600});
    durable = fill(life);
    EXPECT_EQ(life.producer.outcomes.back(), CommitResult::kFull);
    EXPECT_FALSE(life.journal->writer().accepting());
    wait_for_retry(life);
    EXPECT_FALSE(life.journal->writer().accepting()) << "nothing has changed";
    EXPECT_NE(life.journal->snapshot().issue, "");
    fs_.set_capacity(mebibytes(4));
    wait_for_retry(life);
    EXPECT_TRUE(life.journal->writer().accepting());
    EXPECT_EQ(life.journal->snapshot().issue, "") << "also when nobody writes";
    fs_.crash_keeping_all();
  }
  Life after(fs_, settings(WhenFull::kReject));
  EXPECT_EQ(after.take_all().size(), durable);
}

TEST_F(DiskFullTest, UnderDropOldestItDropsUntilItFitsAndCountsExactly) {
  Life life(fs_, settings(WhenFull::kDropOldest));
  allow(Bytes{3 * kSmallSegment});
  std::vector<Ref> held(1);
  ASSERT_TRUE(life.put({text(1)}));
  ASSERT_TRUE(life.journal->reader().take(held[0]));
  const std::uint64_t offered = 40;
  for (std::uint64_t n = 2; n <= offered; ++n) {
    life.put({text(n)});
    for (int i = 0; i < 4; ++i) {
      static_cast<void>(life.journal->step());
    }
  }
  EXPECT_EQ(life.producer.durable_records, offered);
  std::string payload;
  EXPECT_EQ(life.journal->reader().read(held[0], payload).error().code, ErrorCode::kNotFound)
      << "held by a reader, and dropped";
  const std::uint64_t left = life.journal->snapshot().backlog_records;
  EXPECT_GE(left, 3U);
  EXPECT_EQ(dropped(life) + static_cast<double>(left), static_cast<double>(offered));
  held.clear();
  std::uint64_t readable = 0;
  for (Ref ref; life.journal->reader().take(ref);) {
    readable += life.journal->reader().read(ref, payload) ? 1U : 0U;
  }
  EXPECT_EQ(readable, left) << "what was dropped is not sent, what was not is there";
}

// Another program takes whatever room there is, as a log file does that nobody rotates: the journal must not give it
// what it drops, or it drops all that it has and has nothing of it.
TEST_F(DiskFullTest, UnderDropOldestWhatIsDroppedIsTheJournalsOwn) {
  Life life(fs_, settings(WhenFull::kDropOldest));
  constexpr std::uint64_t kFilled = 18;  // six segments of three records, all of one length
  std::uint64_t offered = 0;
  while (offered < kFilled) {
    ASSERT_TRUE(life.put({text(100 + ++offered)}));
  }
  std::vector<Ref> held;  // As delivery holds what it tries again, while the API is away.
  for (Ref ref; life.journal->reader().take(ref);) {
    held.push_back(ref);
  }
  while (offered < 3 * kFilled) {
    life.offer({text(100 + ++offered)});
    for (int i = 0; i < 4; ++i) {
      allow(Bytes{0});
      static_cast<void>(life.journal->step());
    }
    ASSERT_EQ(life.producer.durable_records, offered);
    const auto now = life.journal->snapshot();
    ASSERT_GE(now.backlog_records, kFilled - 3) << "one segment makes room for the next";
    ASSERT_EQ(dropped(life) + static_cast<double>(now.backlog_records), static_cast<double>(offered));
  }
  std::string payload;
  for (const Ref& ref : held) {
    EXPECT_FALSE(life.journal->reader().read(ref, payload)) << "all of them were dropped, one after the other";
    life.journal->reader().lost(ref, "test");
  }
  EXPECT_EQ(dropped_counter(life, "damaged"), 0) << "what was dropped is not counted twice";
  held.clear();
  EXPECT_EQ(life.take_all().size(), life.journal->snapshot().backlog_records);
}

TEST_F(DiskFullTest, UnderDropOldestAlsoTheOnlySegmentGoes) {
  Life life(fs_, settings(WhenFull::kDropOldest));
  allow(Bytes{2600});
  for (std::uint64_t n = 1; n <= 5; ++n) {
    life.put({text(n)});
    static_cast<void>(life.journal->step());
    static_cast<void>(life.journal->step());
  }
  EXPECT_EQ(life.producer.durable_records, 5U);
  EXPECT_EQ(dropped(life) + static_cast<double>(life.journal->snapshot().backlog_records), 5.0);
  EXPECT_EQ(life.take_all().rbegin()->second, text(5));
}

}  // namespace
}  // namespace respand::journal
