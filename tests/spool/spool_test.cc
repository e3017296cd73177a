// The spool as users see it: which files are taken, and when.

#include <sys/socket.h>
#include <sys/un.h>

#include "tests/spool/support.h"
#include "tests/support/sanitized.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;

TEST_F(SpoolTest, TakesEveryFormAndRemovesTheFile) {
  const std::string lines = "{\"a\":1}\n\r\n \n{\"a\":2}\r\n[{\"a\":3}, {\"a\":4}]\n[]\n{\"a\":5}";
  const std::map<std::string, std::string> files{
      {"o.json", "\n{ \"a\" :\n1 }\n"},
      {"a.json", " [ {\"a\":1} ,\n{\"a\":2}] "},
      {"e.json", "[]"},
      {"l.ndjson", lines},
      {"l.jsonl", lines},
      {"g.ndjson.gz", gzipped(lines)},
      {"g.json.gz", gzipped("[{\"a\":1},{\"a\":2}]")},
      {"z.jsonl.zst", zstandard(lines)},
      {"z.json.zst", zstandard("{\"a\":1}")},
      {"m.ndjson.gz", gzipped("{\"a\":1}\n{\"a\"") + gzipped(":2}\n")},
      {"m.ndjson.zst", zstandard("{\"a\":1}\n{\"a\"") + zstandard(":2}\n")},
      {"nothing.ndjson", ""},
      {"blank.ndjson", "\n\n \r\n"},
  };
  const std::map<std::string, Strings> expected{
      {"o.json", {"{ \"a\" :\n1 }"}},
      {"a.json", {"{\"a\":1}", "{\"a\":2}"}},
      {"g.json.gz", {"{\"a\":1}", "{\"a\":2}"}},
      {"z.json.zst", {"{\"a\":1}"}},
      {"m.ndjson.gz", {"{\"a\":1}", "{\"a\":2}"}},
      {"m.ndjson.zst", {"{\"a\":1}", "{\"a\":2}"}},
  };
  for (const auto& [name, content] : files) {
    SCOPED_TRACE(name);
    journal_.renew();
    start();
    directory_.write(name, content);
    run_until_idle();
    Strings wanted{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":4}", "{\"a\":5}"};
    if (expected.contains(name)) {
      wanted = expected.at(name);
    } else if (content.size() < 10) {
      wanted.clear();
    }
    EXPECT_EQ(journal_.payloads(), wanted);
    EXPECT_EQ(directory_.files(), Strings{});
    EXPECT_FALSE(directory_.has("rejected"));
    spool_.reset();
  }
}

TEST_F(SpoolTest, LeavesOtherNamesAlone) {
  const Strings names{".hidden.json", "a.json.part", "a.ndjson.tmp", "a.txt",        "b.json.bz2",
                      "gz",           "json",        "x.JSON",       "y.json.gz.zst"};
  for (const std::string& name : names) {
    directory_.write(name, numbered(1));
  }
  start();
  pass(std::chrono::hours{1});
  EXPECT_EQ(directory_.files(), names);
  EXPECT_TRUE(journal_.payloads().empty());
  EXPECT_EQ(journal_.visits, 0) << "nothing there that could have been taken";
}

TEST_F(SpoolTest, TakesWhatIsRenamedIntoPlace) {
  start();
  run_until_idle();
  directory_.write(".a.ndjson", numbered_lines(0, 2));
  run_until_idle();
  EXPECT_TRUE(journal_.payloads().empty());
  std::filesystem::rename(directory_ / ".a.ndjson", directory_ / "a.ndjson");
  run_until_idle();
  EXPECT_EQ(journal_.payloads().size(), 2U);
  EXPECT_TRUE(directory_.files().empty());
}

// Where nobody tells who writes.
TEST_F(SpoolTest, TakesAFileFromBeforeOnceItIsQuiet) {
  hooks_.writers = [](const fs::DirectoryFile&) { return fs::Writers::kUnknown; };
  std::ofstream writer(directory_ / "a.ndjson");
  writer << numbered_lines(0, 2) << std::flush;
  touch("a.ndjson");
  start();
  run_until_idle();
  EXPECT_TRUE(journal_.payloads().empty());
  clock_.advance(settings_.quiet_period / 2);
  writer << numbered_lines(2, 3) << std::flush;
  touch("a.ndjson");
  run_until_idle();
  clock_.advance(settings_.quiet_period - std::chrono::milliseconds{400});
  run_until_idle();
  EXPECT_TRUE(journal_.payloads().empty()) << "it was touched meanwhile";
  pass(settings_.quiet_period);
  pass(settings_.quiet_period);
  EXPECT_EQ(journal_.payloads().size(), 3U);
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolTest, FilesFromBeforeAreReadyIfTheyAreOldEnough) {
  directory_.write("old.ndjson", numbered(1));
  directory_.write("new.ndjson", numbered(2));
  directory_.write("future.ndjson", numbered(3));
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(directory_ / "old.ndjson", now - std::chrono::seconds{10});
  std::filesystem::last_write_time(directory_ / "future.ndjson", now + std::chrono::hours{10});
  start();
  run_until_idle();
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
  pass(settings_.quiet_period);
  EXPECT_EQ(tally(journal_).size(), 3U);
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolTest, AnOpenEmptyFileWaitsForItsWriter) {
  start();
  run_until_idle();
  std::ofstream writer(directory_ / "a.ndjson");
  pass(settings_.quiet_period);
  pass(settings_.quiet_period);
  EXPECT_TRUE(directory_.has("a.ndjson"));
  writer << numbered(1) << std::flush;
  writer.close();
  run_until_idle();
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
}

TEST_F(SpoolTest, NeverFollowsLinksOrOpensAnythingButFiles) {
  TemporaryDirectory outside;
  outside.write("secret.json", "{\"secret\":1}");
  std::filesystem::create_symlink(outside / "secret.json", directory_ / "link.json");
  std::filesystem::create_symlink(outside.path(), directory_ / "folderlink.json");
  std::filesystem::create_symlink("/dev/zero", directory_ / "zero.json");
  std::filesystem::create_symlink("nowhere", directory_ / "broken.json");
  ASSERT_EQ(::mkfifo((directory_ / "fifo.json").c_str(), 0666), 0);
  std::filesystem::create_directory(directory_ / "folder.json");
  if (::mknod((directory_ / "device.json").c_str(), S_IFCHR | 0666, (1 << 8) | 5) != 0) {  // /dev/zero, where we may
    ASSERT_TRUE(errno == EPERM || errno == EACCES);
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (directory_ / "socket.json").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  directory_.write("one.json", numbered(1));
  std::filesystem::create_hard_link(directory_ / "one.json", directory_ / "two.json");
  const Strings before = directory_.files();

  start();
  pass(std::chrono::hours{1});
  pass(std::chrono::hours{1});
  EXPECT_EQ(directory_.files(), before);
  EXPECT_TRUE(journal_.payloads().empty());
  EXPECT_EQ(outside.read("secret.json"), "{\"secret\":1}");

  std::filesystem::remove(directory_ / "two.json");
  pass(std::chrono::hours{1});
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)}) << "one name is left: it is a file like any other";
}

TEST_F(SpoolTest, WaitsWhileTheJournalIsFull) {
  directory_.write("a.ndjson", numbered_lines(0, 10));
  start();
  clock_.advance(settings_.quiet_period);
  while (journal_.waiting() == 0) {
    (void)step();
    clock_.advance(settings_.quiet_period);
  }
  journal_.accepts = false;
  journal_.commit_all(journal::CommitResult::kFull);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(step());
    EXPECT_EQ(journal_.waiting(), 0U);
    clock_.advance(kRetryInterval);
  }
  EXPECT_TRUE(directory_.has("a.ndjson"));
  journal_.accepts = true;
  pass(kRetryInterval);
  EXPECT_EQ(tally(journal_).size(), 10U);
  EXPECT_EQ(journal_.payloads().size(), 10U);
  EXPECT_TRUE(directory_.files().empty());
  EXPECT_EQ(received(), 10);
}

TEST_F(SpoolTest, AFullRingIsTriedAgain) {
  directory_.write("a.ndjson", numbered_lines(0, 10));
  journal_.refuse_offers = true;
  start();
  pass(settings_.quiet_period);
  EXPECT_TRUE(journal_.payloads().empty());
  journal_.refuse_offers = false;
  pass(kRetryInterval);
  EXPECT_EQ(journal_.payloads().size(), 10U);
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolTest, AStoppedJournalGetsNothingMore) {
  directory_.write("a.ndjson", numbered_lines(0, 10));
  start();
  run_until_idle();
  directory_.write("b.ndjson", numbered_lines(10, 20));
  (void)step();
  ASSERT_EQ(journal_.waiting(), 1U);
  journal_.commit_all(journal::CommitResult::kStopped);
  pass(std::chrono::hours{1});
  EXPECT_TRUE(journal_.payloads().empty());
  EXPECT_EQ(directory_.files(), (Strings{"a.ndjson", "b.ndjson"}));
}

TEST_F(SpoolTest, OutstandingBytesAndBatchesAreBounded) {
  std::string text;
  const std::string record = "{\"s\":\"" + std::string(10'000, 's') + "\"}\n";
  while (text.size() < 24U << 20) {
    text += record;
  }
  directory_.write("big.ndjson", text);
  start();
  clock_.advance(std::chrono::hours{1});
  for (int i = 0; i < 200; ++i) {
    (void)step();
  }
  EXPECT_TRUE(step()) << "it waits for the journal";
  EXPECT_LE(journal_.waiting(), journal::JournalWriter::kMaxOutstanding);
  EXPECT_GE(journal_.waiting(), 16U);
  run_until_idle();
  EXPECT_EQ(journal_.payloads().size(), text.size() / record.size());
  EXPECT_LE(journal_.most_outstanding, journal::JournalWriter::kMaxOutstanding);
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolTest, TakesARecordOfTheLargestSize) {
  settings_.encoder.max_record = mebibytes(1);
  const auto record_of = [](std::size_t size) { return "{\"s\":\"" + std::string(size - 8, 's') + "\"}"; };
  const std::size_t limit = mebibytes(1).value;
  directory_.write("a.ndjson", record_of(limit - 1) + "\n" + record_of(limit) + "\n" + record_of(limit + 1) + "\n");
  directory_.write("b.json", "[" + record_of(limit) + "," + record_of(limit + 1) + "]");
  start();
  pass(settings_.quiet_period);
  EXPECT_EQ(journal_.payloads().size(), 3U);
  EXPECT_EQ(directory_.read("rejected/a.ndjson"), record_of(limit + 1) + "\n");
  EXPECT_EQ(directory_.read("rejected/b.json"), record_of(limit + 1) + "\n");
}

TEST_F(SpoolTest, TenThousandSmallFilesShareCommitsAndSyncs) {
  constexpr int kFiles = respand::test::kSanitized ? 1'000 : 10'000;
  for (int i = 0; i < kFiles; ++i) {
    directory_.write(cat("f", i, ".json"), numbered(static_cast<std::uint64_t>(i)));
  }
  start();
  clock_.advance(std::chrono::hours{1});
  run_until_idle();
  for (int i = 0; i < 4; ++i) {
    pass(kScanInterval);
  }
  const auto counts = tally(journal_);
  EXPECT_EQ(counts.size(), static_cast<std::size_t>(kFiles));
  EXPECT_EQ(journal_.payloads().size(), static_cast<std::size_t>(kFiles));
  EXPECT_TRUE(directory_.files().empty());
  EXPECT_EQ(journal_.floor(), journal_.durable_end()) << "nothing is needed any more";
}

TEST_F(SpoolTest, AnIdleSpoolHoldsNoSegments) {
  start();
  run_until_idle();
  for (int i = 0; i < 100; ++i) {
    journal_.other_record();
  }
  pass(kScanInterval);
  EXPECT_EQ(journal_.floor(), journal_.durable_end());
}

TEST_F(SpoolTest, SleepsWhenThereIsNothingToDo) {
  start();
  run_until_idle();
  EXPECT_GE(spool_->step() - clock_.mono(), std::chrono::seconds{29});
}

TEST_F(SpoolTest, FollowsADirectoryThatIsReplaced) {
  start();
  run_until_idle();
  std::filesystem::rename(directory_.path(), directory_.path() + ".old");
  std::filesystem::create_directory(directory_.path());
  pass(kScanInterval);
  directory_.write("a.ndjson", numbered(1));
  run_until_idle();
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
  std::filesystem::remove_all(directory_.path() + ".old");
}

TEST_F(SpoolTest, SaysWhatIsWrongWithTheDirectory) {
  settings_.directory = directory_ / "missing";
  Spool missing(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
  const Status no_such = missing.open();
  ASSERT_FALSE(no_such);
  EXPECT_EQ(no_such.error().code, ErrorCode::kNotFound);
  EXPECT_NE(no_such.error().message.find(settings_.directory), std::string::npos);

  directory_.write("file", "");
  settings_.directory = directory_ / "file";
  Spool file(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
  EXPECT_FALSE(file.open());

  settings_.directory = directory_.path();
  start();
  Spool second(settings_, directories_, journal_, journal_, journal_, registry_, clock_);
  const Status in_use = second.open();
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().code, ErrorCode::kExists);
}

TEST_F(SpoolTest, WaitsUntilItKnowsWhatWasTaken) {
  directory_.write("a.ndjson", numbered(1));
  journal_.visit_fails = true;
  start();
  pass(settings_.quiet_period);
  EXPECT_TRUE(journal_.payloads().empty());
  journal_.visit_fails = false;
  pass(kRetryInterval);
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
}

}  // namespace
}  // namespace respand::spool
