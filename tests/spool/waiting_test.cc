// Which files wait and why, and what a directory that is not as it should be costs: nothing but its own files.

#include <gmock/gmock.h>

#include "tests/spool/support.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;
using testing::HasSubstr;

class SpoolWaitingTest : public SpoolTest {
 protected:
  [[nodiscard]] SpoolWaiters waiting() const { return spool_->state().waiting; }
  double gauge(SpoolWait why) {
    return registry_.gauge("respand_spool_waiting_files", "", {{"reason", name_of(why)}}).value();
  }
  void expect_one(SpoolWait why, const std::string& name) {
    EXPECT_EQ(waiting()[why].files, 1U) << name_of(why) << ": " << waiting().text();
    EXPECT_EQ(waiting()[why].name, name);
    EXPECT_EQ(gauge(why), 1);
  }
};

TEST_F(SpoolWaitingTest, EachIsNamedWithItsReasonAndForgottenWithIt) {
  directory_.write("a.txt", numbered(1));
  std::filesystem::create_symlink("nowhere", directory_ / "link.json");
  directory_.write("one.json", numbered(1));
  std::filesystem::create_hard_link(directory_ / "one.json", directory_ / ".two");
  directory_.write(".hidden.json", numbered(1));
  std::filesystem::create_directory(directory_ / "lost+found");
  start();
  pass(settings_.quiet_period);
  expect_one(SpoolWait::kSuffix, "a.txt");
  expect_one(SpoolWait::kNotRegular, "link.json");
  expect_one(SpoolWait::kLinked, "one.json");
  EXPECT_EQ(waiting().files(), 3U) << waiting().text();

  std::ofstream writer(directory_ / "open.ndjson");
  writer << numbered_lines(1, 2) << std::flush;
  pass(settings_.quiet_period);
  expect_one(SpoolWait::kOpen, "open.ndjson");
  EXPECT_THAT(waiting().text(), HasSubstr("1 open for writing (open.ndjson)"));

  writer.close();
  std::filesystem::remove(directory_ / "a.txt");
  std::filesystem::remove(directory_ / "link.json");
  std::filesystem::remove(directory_ / ".two");
  pass(kScanInterval);
  pass(kScanInterval);
  EXPECT_EQ(waiting().files(), 0U) << waiting().text();
  EXPECT_EQ(gauge(SpoolWait::kOpen), 0);
  EXPECT_EQ(waiting().oldest(), nullptr);
}

TEST_F(SpoolWaitingTest, TheOldestIsOfTheTimeWhenItWasWritten) {
  directory_.write("new.txt", "");
  directory_.write("old.txt", "");
  std::filesystem::last_write_time(directory_ / "old.txt",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours{3});
  start();
  run_until_idle();
  ASSERT_NE(waiting().oldest(), nullptr);
  EXPECT_EQ(waiting().oldest()->name, "old.txt");
  EXPECT_GE(waiting().oldest_age(clock_.wall()), std::chrono::minutes{179});
  EXPECT_EQ(waiting()[SpoolWait::kSuffix].files, 2U);
}

TEST_F(SpoolWaitingTest, FilesBehindAFullJournalAreQueued) {
  start();
  run_until_idle();
  for (std::uint64_t i = 0; i < 5; ++i) {
    directory_.write(cat(i, ".json"), numbered(i));
  }
  (void)step();
  EXPECT_EQ(waiting()[SpoolWait::kQueued].files, 5U);
  run_until_idle();
  EXPECT_EQ(waiting().files(), 0U);
}

TEST_F(SpoolWaitingTest, OfMoreNamesThanAreToldApartTheNumberIsKnown) {
  const std::size_t all = SpoolWaiting::kMaxNames + 7;
  SpoolWaiting files;
  for (int listing = 0; listing < 2; ++listing) {
    files.begin_listing();
    for (std::size_t i = 0; i < all; ++i) {
      files.note(cat(i), SpoolWait::kSuffix, WallTime{std::chrono::seconds{i + 1}});
    }
    files.end_listing();
    EXPECT_EQ(files.look()[SpoolWait::kSuffix].files, all);
  }
  files.begin_listing();
  files.end_listing();
  EXPECT_EQ(files.look().files(), 0U);
}

// A stand-in for a directory that is sticky and somebody else's.
TEST_F(SpoolWaitingTest, AFileThatCantBeRemovedIsTakenOnceAndSaid) {
  hooks_.rename = [](const fs::RenameCall&, const auto&) { return Status(os_error(EPERM, "rename")); };
  for (int life = 0; life < 2; ++life) {
    start();
    if (life == 0) {
      directory_.write("a.ndjson", numbered_lines(0, 3));
      directory_.write("bad.ndjson", numbered(3) + "\nbad\n" + numbered(4));
    }
    for (int i = 0; i < 3; ++i) {
      pass(kScanInterval);
    }
    EXPECT_EQ(waiting()[SpoolWait::kNotRemovable].files, 2U);
    EXPECT_EQ(directory_.files(), (Strings{"a.ndjson", "bad.ndjson"}));
    directory_.append("a.ndjson", numbered_lines(10 + 2 * static_cast<std::uint64_t>(life),
                                                 12 + 2 * static_cast<std::uint64_t>(life)));
    pass(kScanInterval);
    pass(kScanInterval);
    crash();
  }
  hooks_ = {};
  start();
  for (int i = 0; i < 3; ++i) {
    pass(kScanInterval);
  }
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_EQ(directory_.read("rejected/bad.ndjson"), "bad\n");
  const auto counts = tally(journal_);
  EXPECT_EQ(counts.size(), 9U);
  for (const auto& [record, times] : counts) {
    EXPECT_EQ(times, 1) << record;
  }
}

TEST_F(SpoolWaitingTest, ManyThatCantBeRemovedHoldUpNobody) {
  hooks_.rename = [](const fs::RenameCall& call, const auto& make) {
    return call.from.starts_with("stuck") ? Status(os_error(EPERM, "rename")) : make();
  };
  const std::uint64_t stuck = 2 * kMaxOpenFiles;
  for (std::uint64_t i = 0; i < stuck; ++i) {
    directory_.write(cat("stuck", i, ".json"), numbered(i));
  }
  start();
  pass(settings_.quiet_period);
  directory_.write("good.json", numbered(stuck));
  pass(settings_.quiet_period);
  EXPECT_FALSE(directory_.has("good.json"));
  EXPECT_EQ(tally(journal_).size(), stuck + 1);
  pass(kScanInterval);
  EXPECT_EQ(journal_.payloads().size(), stuck + 1);
  EXPECT_EQ(waiting()[SpoolWait::kNotRemovable].files, stuck);
}

TEST_F(SpoolWaitingTest, GoodLinesGoOnWhereRejectedIsInOtherHands) {
  enum class Squat : std::uint8_t { kFile, kLink, kForeign };
  for (const Squat squat : {Squat::kFile, Squat::kLink, Squat::kForeign}) {
    SCOPED_TRACE(static_cast<int>(squat));
    if (squat == Squat::kForeign && ::geteuid() != 0) {
      continue;  // Only root can make a folder of somebody else's.
    }
    journal_.renew();
    switch (squat) {
      case Squat::kFile:
        directory_.write("rejected", "");
        break;
      case Squat::kLink:
        std::filesystem::create_symlink("/tmp", directory_ / "rejected");
        break;
      case Squat::kForeign:
        std::filesystem::create_directory(directory_ / "rejected");
        ASSERT_EQ(::chown((directory_ / "rejected").c_str(), 12345, 12345), 0);
        break;
    }
    std::string text;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      text += numbered(i) + (i % 100 == 7 ? "\nbad\n" : "\n");
    }
    directory_.write("a.ndjson", text);
    directory_.write("b.ndjson.gz", gzipped("bad\n" + numbered(1000)));
    start();
    pass(settings_.quiet_period);
    // Seen by others: root is nobody's foreigner.
    const auto problems = find_spool_problems(directories_, directory_.path(), ::geteuid());
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].what, HasSubstr("/rejected "));
    EXPECT_EQ(spool_->state().problems, problems) << "found at the start";
    EXPECT_EQ(journal_.payloads().size(), 1001U) << "the good ones";
    EXPECT_EQ(waiting()[SpoolWait::kRejected].files, 2U);
    crash();
    start();
    pass(kScanInterval);
    EXPECT_EQ(journal_.payloads().size(), 1001U) << "once";

    std::filesystem::remove(directory_ / "rejected");
    pass(kIssueInterval);
    pass(kScanInterval);
    EXPECT_EQ(directory_.files(), Strings{});
    EXPECT_EQ(journal_.payloads().size(), 1001U);
    EXPECT_EQ(directory_.read("rejected/a.ndjson").size(), 40U);
    EXPECT_TRUE(directory_.has("rejected/b.ndjson.gz"));
    EXPECT_EQ(waiting().files(), 0U) << waiting().text();
    EXPECT_TRUE(spool_->state().problems.empty());
    crash();
    std::filesystem::remove_all(directory_ / "rejected");
  }
}

TEST_F(SpoolWaitingTest, AStickyDirectoryOfSomebodyElseIsFound) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 01777), 0);
  EXPECT_TRUE(find_spool_problems(directories_, directory_.path(), ::geteuid()).empty());
  const auto problems = find_spool_problems(directories_, directory_.path(), ::geteuid() + 1);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].what, HasSubstr("it is sticky and belongs to user "));
  EXPECT_THAT(problems[0].remedy, HasSubstr("chown "));
}

TEST_F(SpoolWaitingTest, AMissingDirectoryIsSaidAndTakenWhenItIsThere) {
  settings_.directory = directory_ / "later";
  spool_ = std::make_unique<Spool>(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
  ASSERT_FALSE(spool_->open());
  EXPECT_EQ(spool_->step() - clock_.mono(), kOpenInterval);
  ASSERT_EQ(spool_->state().problems.size(), 1U);
  EXPECT_THAT(spool_->state().problems[0].what, HasSubstr("later: No such file or directory"));
  EXPECT_EQ(spool_->current_issue().fault, SpoolFault::kNotOpened);
  std::filesystem::create_directory(settings_.directory);
  directory_.write("later/a.json", numbered(1));
  pass(kOpenInterval);
  pass(settings_.quiet_period);
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
  EXPECT_TRUE(spool_->state().problems.empty());
}

TEST_F(SpoolWaitingTest, AMissingDirectoryDoesNotHoldTheJournalForEver) {
  settings_.directory = directory_ / "never";
  spool_ = std::make_unique<Spool>(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
  for (int i = 0; i < 100; ++i) {
    journal_.other_record();
    (void)spool_->step();
    clock_.advance(kIssueInterval);
  }
  EXPECT_EQ(journal_.floor(), journal_.durable_end());
}

}  // namespace
}  // namespace respand::spool
