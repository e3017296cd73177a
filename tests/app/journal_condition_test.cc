// What keeps a real journal from taking records becomes an issue of the right kind, with a remedy that helps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/health_issues.h"
#include "fs/no_inodes.h"
#include "tests/journal/bench_of_records.h"

namespace respand::app {
namespace {

using journal::Condition;
using journal::Journal;
using journal::kSmallSegment;
using journal::Life;
using testing::HasSubstr;

const std::string kRecord(1000, 'x');

class JournalCondition : public testing::Test {
 protected:
  // The one thing that is wrong.
  static HealthIssue only_issue(const Life& life) {
    const journal::Snapshot snapshot = life.journal->snapshot();
    const config::Config config;
    const delivery::State delivery;
    const ledger::State ledger;
    const spool::SpoolIssue spool;
    const spool::Spool::State spool_state;
    const HealthIssues found = find_issues({.config = config,
                                            .config_file = "/etc/respand/respand.yaml",
                                            .journal = snapshot,
                                            .delivery = delivery,
                                            .delivery_since = {},
                                            .ledger = ledger,
                                            .spool = spool,
                                            .spool_state = spool_state});
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? HealthIssue{} : found.front();
  }
  // All that goes in. How many records.
  static std::uint64_t fill(Life& life) {
    std::uint64_t records = 0;
    while (life.put({kRecord})) {
      ++records;
    }
    return records;
  }
  static void pass(Life& life, Duration span) {
    life.clock.advance(span);
    for (int turn = 0; turn < 3; ++turn) {
      static_cast<void>(life.journal->step());
    }
  }

  fs::FaultFileSystem fs_;
};

TEST_F(JournalCondition, FullOfRecordsThatWait) {
  journal::Settings settings = journal::small_settings();
  settings.max_size = Bytes{2 * kSmallSegment};
  Life life(fs_, settings);
  EXPECT_GT(fill(life), 0U);
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kFull);
  const HealthIssue issue = only_issue(life);
  EXPECT_EQ(issue.kind, IssueKind::kJournalFull);
  EXPECT_THAT(issue.remedy, HasSubstr("raise journal.max_size"));
}

// There is nothing wrong with the disk any more: the journal alone has no room for what is to be written anew.
TEST_F(JournalCondition, FullForRecordsThatAreToBeWrittenAnew) {
  journal::Settings settings = journal::small_settings();
  settings.max_size = Bytes{2 * kSmallSegment};
  settings.sync = journal::Sync::kInterval;
  Life life(fs_, settings);
  for (int record = 0; record < 4; ++record) {  // the second segment begins
    ASSERT_TRUE(life.put({kRecord}));
  }
  fs_.fail_at(1, {.calls = fs::calls::kSyncData});
  pass(life, settings.sync_interval);
  EXPECT_EQ(fs_.faults_hit(), 1U);
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kUnsyncedFull) << life.journal->snapshot().issue;
  const HealthIssue issue = only_issue(life);
  EXPECT_EQ(issue.kind, IssueKind::kJournalFull);
  EXPECT_EQ(issue.what, "the journal is full: writers wait");
  EXPECT_THAT(issue.remedy, HasSubstr("raise journal.max_size"));
  life.take_all();
  for (std::uint64_t record = 1; record <= 3; ++record) {
    life.acknowledge(record);
  }
  pass(life, journal::kRetryInterval);
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kNone) << life.journal->snapshot().issue;
}

TEST_F(JournalCondition, OnAFullDisk) {
  Life life(fs_);
  fs_.set_capacity(Bytes{fs_.used().value + 2 * kSmallSegment});
  fill(life);
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kDiskFull);
  const HealthIssue issue = only_issue(life);
  EXPECT_EQ(issue.kind, IssueKind::kDiskFull);
  EXPECT_THAT(issue.remedy, HasSubstr("make room on the file system of /var/lib/respand/journal"));
}

TEST_F(JournalCondition, OverAQuota) {
  Life life(fs_);
  fs_.fail_at(1, {.os_error = EDQUOT, .for_good = true, .calls = fs::calls::kWrite});
  fill(life);
  EXPECT_EQ(only_issue(life).kind, IssueKind::kDiskFull);
}

TEST_F(JournalCondition, OnABrokenDisk) {
  Life life(fs_);
  fs_.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  EXPECT_EQ(fill(life), 0U);
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kIoError);
  const HealthIssue issue = only_issue(life);
  EXPECT_EQ(issue.kind, IssueKind::kJournal);
  EXPECT_THAT(issue.remedy, HasSubstr("check the disk under /var/lib/respand/journal"));
}

TEST_F(JournalCondition, WithItsFilesGone) {
  Life life(fs_);
  ASSERT_TRUE(life.put({kRecord}));
  for (const std::string& path : fs_.files()) {
    ASSERT_TRUE(fs_.remove(path));
  }
  fs_.fail_at(1, {.os_error = EROFS, .for_good = true, .calls = fs::calls::kOpen});
  EXPECT_FALSE(life.put({kRecord}));
  EXPECT_EQ(life.journal->snapshot().condition, Condition::kFilesGone) << life.journal->snapshot().issue;
  EXPECT_EQ(only_issue(life).kind, IssueKind::kJournal);
}

// The disk of the tests has no inodes to run out of.
TEST_F(JournalCondition, IsToldByAnErrorsCode) {
  Error no_inodes = os_error(ENOSPC, "open x");
  no_inodes.message += fs::kNoInodes;
  EXPECT_EQ(journal::condition_of(std::move(no_inodes).context("a new segment")), Condition::kNoInodes);
  EXPECT_EQ(journal::condition_of(os_error(ENOSPC, "x")), Condition::kDiskFull);
  EXPECT_EQ(journal::condition_of(os_error(EDQUOT, "x")), Condition::kDiskFull);
  EXPECT_EQ(journal::condition_of(os_error(EFBIG, "x")), Condition::kIoError);
  EXPECT_EQ(journal::condition_of(os_error(EIO, "x")), Condition::kIoError);
  EXPECT_EQ(journal::condition_of(os_error(EROFS, "x")), Condition::kIoError);
  EXPECT_EQ(journal::condition_of(error(ErrorCode::kNoSpace, "a limit of ours")), Condition::kFull);
}

}  // namespace
}  // namespace respand::app
