// Exactly once, while writers append, rewrite and rename.

#include "tests/spool/crash_support.h"

namespace respand::spool {
namespace {

class SpoolRewriteTest : public SpoolCrashTest {};

TEST_F(SpoolRewriteTest, AppendedWhileItIsRead) {
  start();
  directory_.write("a.ndjson", lines(0, 1000, false));
  (void)step();
  ASSERT_GT(journal_.waiting(), 0U) << "it is being read";
  directory_.append("a.ndjson", lines(1000, 1100, false));
  finish_all();
  expect_each_once(1100);
}

TEST_F(SpoolRewriteTest, AppendedBeforeItIsRemoved) {
  start();
  directory_.write("a.ndjson", lines(0, 10, false));
  (void)step();
  ASSERT_EQ(journal_.waiting(), 1U);
  directory_.append("a.ndjson", lines(10, 20, false));
  finish_all();
  expect_each_once(20);
}

TEST_F(SpoolRewriteTest, AppendedAndKilled) {
  start();
  directory_.write("a.ndjson", lines(0, 300, false));
  (void)step();
  crash(2);
  directory_.append("a.ndjson", lines(300, 400, false));
  start();
  finish_all();
  expect_each_once(400);
}

TEST_F(SpoolRewriteTest, ALineThatWasCutOffIsReadAgainWhenItIsWhole) {
  start();
  directory_.write("a.ndjson", record(0) + "\n" + record(1).substr(0, 10));
  (void)step();
  ASSERT_EQ(journal_.waiting(), 1U);
  directory_.append("a.ndjson", record(1).substr(10) + "\n" + record(2));
  finish_all();
  expect_each_once(3);
  EXPECT_FALSE(directory_.has("rejected") && !directory_.files("rejected").empty());
  EXPECT_EQ(rejected(record::Reason::kNotJson), 0);
  EXPECT_EQ(received(), 3);
}

TEST_F(SpoolRewriteTest, OpenedAgainWhenItWasClosed) {
  start();
  directory_.write("a.ndjson", "");
  std::ofstream writer(directory_ / "a.ndjson", std::ios::app);
  writer << record(0) << "\n" << std::flush;
  run_until_idle();
  EXPECT_TRUE(directory_.has("a.ndjson")) << "he has it open";
  writer << record(1) << "\n" << std::flush;
  finish_all();
  writer.close();
  finish_all();
  expect_each_once(2);
}

TEST_F(SpoolRewriteTest, RewrittenInPlaceIsAnotherFile) {
  for (const bool killed : {false, true}) {
    SCOPED_TRACE(killed);
    journal_.renew();
    start();
    directory_.write("a.ndjson", lines(0, 300, false));
    (void)step();
    if (killed) {
      crash(2);
    }
    directory_.write("a.ndjson", lines(5000, 5400, false));  // truncates: the same inode
    if (killed) {
      start();
    }
    finish_all();
    const auto counts = tally(journal_);
    for (std::uint64_t i = 5000; i < 5400; ++i) {
      ASSERT_EQ(counts.count(record(i)), 1U) << i;
      ASSERT_EQ(counts.at(record(i)), 1) << i;
    }
    EXPECT_TRUE(directory_.files().empty());
    spool_.reset();
  }
}

TEST_F(SpoolRewriteTest, RewrittenInPlaceAndKilledTwice) {
  start();
  directory_.write("a.ndjson", lines(0, 300, false));
  (void)step();
  crash(1);
  directory_.write("a.ndjson", lines(5000, 5400, false));
  start();
  clock_.advance(settings_.quiet_period * 2);
  for (int i = 0; i < 10; ++i) {
    (void)step();
  }
  ASSERT_GE(journal_.waiting(), 2U);
  crash(1);
  start();
  finish_all();
  const auto counts = tally(journal_);
  for (std::uint64_t i = 5000; i < 5400; ++i) {
    ASSERT_EQ(counts.at(record(i)), 1) << i;
  }
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolRewriteTest, RenamedWhileItIsOnItsWay) {
  start();
  directory_.write("a.ndjson", lines(0, 10, false));
  (void)step();
  std::filesystem::rename(directory_ / "a.ndjson", directory_ / "b.ndjson");
  finish_all();
  expect_each_once(10);
}

TEST_F(SpoolRewriteTest, RenamedWhileRespandWasDown) {
  start();
  directory_.write("a.ndjson", lines(0, 300, false));
  (void)step();
  crash(1);
  std::filesystem::rename(directory_ / "a.ndjson", directory_ / "b.ndjson");
  start();
  finish_all();
  expect_each_once(300);
}

TEST_F(SpoolRewriteTest, AnotherFileOfTheSameNameIsAnotherFile) {
  start();
  directory_.write("a.ndjson", lines(0, 10, false));
  (void)step();
  directory_.write(".new", lines(10, 20, false));
  std::filesystem::rename(directory_ / ".new", directory_ / "a.ndjson");
  finish_all();
  expect_each_once(20);
}

TEST_F(SpoolRewriteTest, TheSameContentTwiceIsTakenTwice) {
  start();
  for (int i = 0; i < 2; ++i) {
    directory_.write("a.ndjson", record(0));
    finish_all();
  }
  EXPECT_EQ(tally(journal_).at(record(0)), 2);
  // Also where a kill comes between: the second file may well get the inode of the first.
  directory_.write("a.ndjson", record(0));
  finish_all();
  directory_.write("a.ndjson", record(0));
  crash();
  start();
  finish_all();
  EXPECT_EQ(tally(journal_).at(record(0)), 4);
}

TEST_F(SpoolRewriteTest, TheFloorStaysBelowWhatIsNotRemoved) {
  start();
  directory_.write("a.ndjson", lines(0, 1000, false));
  (void)step();
  ASSERT_TRUE(journal_.commit_one());
  const std::size_t first_batch = journal_.disk().size();
  (void)step();
  EXPECT_LE(journal_.floor().value, 1U);
  finish_all();
  EXPECT_GT(journal_.floor().value, first_batch);
  EXPECT_EQ(journal_.floor(), journal_.durable_end());
}

TEST_F(SpoolRewriteTest, AFileRemovedByItsWriterIsForgotten) {
  start();
  directory_.write("a.ndjson", lines(0, 1000, false));
  (void)step();
  journal_.commit_one();
  crash();
  start();
  (void)step();
  std::filesystem::remove(directory_ / "a.ndjson");
  finish_all();
  EXPECT_EQ(journal_.floor(), journal_.durable_end()) << "no segment is kept for a file that is gone";
}

}  // namespace
}  // namespace respand::spool
