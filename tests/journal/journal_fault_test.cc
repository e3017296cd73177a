// Every file-system call fails at its turn, once or for good. The journal never acknowledges what is not durable, never
// dies, and goes on by itself when the disk works again.

#include <gtest/gtest.h>

#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

struct Case {
  int os_error;
  bool for_good;
};

class JournalFault : public testing::TestWithParam<Case> {};

TEST_P(JournalFault, AtEveryCall) {
  for (std::uint64_t nth = 1; nth < 400; ++nth) {
    fs::FaultFileSystem fs(nth);
    ASSERT_TRUE(fs.make_directories("/journal"));
    fs.fail_at(nth, {.os_error = GetParam().os_error, .for_good = GetParam().for_good});
    std::map<std::string, bool> acknowledged;
    {
      Life life(fs);
      if (life.failure) {
        continue;  // an error at the start is said, not survived
      }
      for (int i = 0; i < 12; ++i) {
        const std::string payload = cat("record ", i, std::string(700, 'x'));
        acknowledged[payload] = life.put({payload});
        if (!acknowledged[payload]) {
          // Held back; when the disk works again it becomes durable without anybody's help.
          EXPECT_FALSE(life.journal->snapshot().issue.empty());
          fs.clear_faults();
          life.clock.advance(kRetryInterval);
          static_cast<void>(life.journal->step());
          acknowledged[payload] = life.producer.durable_records == static_cast<std::uint64_t>(i) + 1;
          ASSERT_TRUE(acknowledged[payload]) << "call " << nth;
        }
      }
      if (fs.faults_hit() == 0) {
        return;  // the whole run makes fewer than `nth` calls
      }
    }
    // Pages that a failed sync left behind count for nothing: only what was written again counts.
    SeededRandom random(nth);
    fs.crash(random);
    Life after(fs);
    ASSERT_FALSE(after.failure) << after.failure->message;
    std::map<std::string, int> found;
    for (const auto& [sequence, payload] : after.take_all()) {
      ++found[payload];
    }
    for (const auto& [payload, is_acknowledged] : acknowledged) {
      ASSERT_EQ(found[payload], 1) << payload.substr(0, 12) << " at call " << nth;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, JournalFault,
                         testing::Values(Case{EIO, false}, Case{EIO, true}, Case{ENOSPC, false}, Case{ENOSPC, true}),
                         [](const auto& param_info) {
                           return std::string(param_info.param.os_error == EIO ? "Eio" : "Enospc") +
                                  (param_info.param.for_good ? "ForGood" : "Once");
                         });

TEST(JournalFault, AReadThatFailsLosesNothing) {
  Settings settings = small_settings();
  settings.max_size = Bytes{100 * kSmallSegment};
  fs::FaultFileSystem disk;
  {
    Life life(disk, settings);
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(life.put({cat(i, std::string(900, 'x'))}));
    }
    life.journal->stop();
  }
  const auto full = disk.snapshot();
  for (std::uint64_t nth = 1;; ++nth) {
    fs::FaultFileSystem fs(full);
    Life life(fs, settings);
    ASSERT_FALSE(life.failure);
    fs.fail_at(nth, {.calls = fs::calls::kRead | fs::calls::kOpen});
    std::size_t taken = life.take_all([](const Error& error) { return error.code != ErrorCode::kCorrupt; }).size();
    for (int turn = 0; turn < 3; ++turn) {
      life.clock.advance(kRetryInterval);
      taken += life.take_all().size();
    }
    ASSERT_EQ(taken, 40U) << "call " << nth;
    EXPECT_EQ(life.journal->snapshot().backlog_records, 40U);
    if (fs.faults_hit() == 0) {
      return;
    }
  }
}

TEST(JournalFault, AFullDiskBlocksAndFreesItselfByDelivery) {
  fs::FaultFileSystem fs;
  Life life(fs);
  fs.set_capacity(Bytes{fs.used().value + 3 * kSmallSegment});
  std::uint64_t put = 0;
  while (life.put({std::string(1000, 'x')})) {
    ++put;
  }
  EXPECT_GE(put, 6U);
  EXPECT_FALSE(life.journal->snapshot().issue.empty());
  life.take_all();
  for (std::uint64_t s = 1; s <= put; ++s) {
    life.acknowledge(s);  // the cursor still has its room
  }
  life.clock.advance(kRetryInterval);
  static_cast<void>(life.journal->step());
  life.clock.advance(kRetryInterval);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(life.producer.durable_records, put + 1);
}

}  // namespace
}  // namespace respand::journal
