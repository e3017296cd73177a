// `respand journal` and a damaged journal as a stranger meets them: the real binary on real files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

// A daemon with `count` acknowledged records that the API did not take, stopped.
class JournalCommand : public testing::Test {
 protected:
  JournalCommand() : daemon_("http://127.0.0.1:9") {}  // the discard port: nobody is there

  void fill(std::uint64_t count) {
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    std::string lines;
    for (std::uint64_t i = 1; i <= count; ++i) {
      lines += record(i) + "\n";
    }
    daemon_.send_acknowledged(lines);
    ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", static_cast<double>(count)));
  }
  RunResult journal(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"journal", command, "--directory", directory()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_respand(arguments);
  }
  [[nodiscard]] std::string directory() const { return daemon_.folder() / "journal"; }
  [[nodiscard]] std::string segment() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.path().filename().string().starts_with("seg-")) {
        return entry.path();
      }
    }
    return {};
  }
  static void overwrite(const std::string& path, std::size_t at, std::string_view bytes) {
    std::string content = read_file(path);
    content.replace(at, bytes.size(), bytes);
    write_file(path, content);
  }

  Daemon daemon_;
};

TEST_F(JournalCommand, SaysWhatThereIsAndExportsWhatIsOpen) {
  ASSERT_NO_FATAL_FAILURE(fill(3));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  const RunResult info = journal("info");
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("3 on disk, 3 open"));
  EXPECT_EQ(member(journal("info", {"--json"}).out, "open_records"), "3");
  EXPECT_EQ(run_respand({"journal", "info", "--config", daemon_.config_path()}).out, info.out);
  const RunResult verify = journal("verify");
  EXPECT_EQ(verify.status, 0) << verify.out;
  const RunResult exported = journal("export");
  EXPECT_EQ(exported.status, 0) << exported.err;
  const auto lines = lines_of(exported.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(member(lines[1], "custom_identifier"), "record-2");
  const std::string file = daemon_.folder() / "out.ndjson";
  EXPECT_EQ(journal("export", {"--all", "--output", file}).status, 0);
  EXPECT_EQ(read_file(file), exported.out);
  EXPECT_THAT(journal("repair").out, HasSubstr("nothing to repair"));
}

TEST_F(JournalCommand, TheCursorHasItsRoomOnTheDisk) {
  ASSERT_NO_FATAL_FAILURE(fill(1));
  struct stat info {};
  ASSERT_EQ(::stat((directory() + "/cursor").c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, info.st_size) << "a hole: it could not be written on a full disk";
  EXPECT_GE(info.st_size, 3 * 256 * 1024);
}

TEST_F(JournalCommand, RefusesAJournalInUseAndOneThatIsNotThere) {
  ASSERT_NO_FATAL_FAILURE(fill(1));
  for (const std::string command : {"info", "verify", "export", "repair"}) {
    const RunResult refused = journal(command);
    EXPECT_EQ(refused.status, 75) << command;
    EXPECT_THAT(refused.err, HasSubstr(cat("in use by process ", daemon_.process().pid())));
  }
  const RunResult missing = run_respand({"journal", "info", "--directory", daemon_.folder() / "nowhere"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("nowhere"));
  EXPECT_EQ(run_respand({"journal", "inspect"}).status, 64);
}

TEST_F(JournalCommand, ASecondDaemonIsRefused) {
  ASSERT_NO_FATAL_FAILURE(fill(1));
  write_file(
      daemon_.folder() / "second.yaml",
      cat("api: {base_url: \"http://127.0.0.1:9\", api_key: k}\nsocket: {path: ", daemon_.folder() / "second.sock",
          "}\njournal: {directory: ", directory(), "}\ndead_letters: {directory: ", daemon_.folder() / "dead2",
          "}\ncontrol: {path: ", daemon_.folder() / "second.control", "}\n"));
  const RunResult second = run_respand({"run", "--config", daemon_.folder() / "second.yaml"});
  EXPECT_EQ(second.status, 75);
  EXPECT_THAT(second.err, HasSubstr(cat("in use by process ", daemon_.process().pid())));
  EXPECT_EQ(daemon_.metric("respand_backlog_records"), 1) << "the first one is not disturbed";
}

TEST_F(JournalCommand, DamageIsFoundRepairedAndBackedUp) {
  ASSERT_NO_FATAL_FAILURE(fill(5));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  const std::string path = segment();
  const std::size_t third = read_file(path).find("record-3");
  overwrite(path, third, "RECORD");
  const RunResult verify = journal("verify");
  EXPECT_EQ(verify.status, 1);
  EXPECT_THAT(verify.out, HasSubstr("records that are not there: 3"));
  EXPECT_EQ(member(journal("verify", {"--json"}).out, "missing"), "1");
  const RunResult exported = journal("export");
  EXPECT_EQ(exported.status, 1);
  EXPECT_EQ(lines_of(exported.out).size(), 4U);
  const RunResult repair = journal("repair");
  EXPECT_EQ(repair.status, 0) << repair.err;
  EXPECT_THAT(repair.out, HasSubstr("/backup-"));
  EXPECT_EQ(journal("verify").status, 0);
  EXPECT_EQ(lines_of(journal("export").out).size(), 4U);
}

TEST_F(JournalCommand, ADamagedJournalStartsSaysWhatItLostAndBalances) {
  ASSERT_NO_FATAL_FAILURE(fill(5));
  daemon_.kill();
  ASSERT_TRUE(daemon_.process().wait());
  const std::string path = segment();
  overwrite(path, read_file(path).find("record-2"), "RECORD");
  overwrite(path, 16, "HEADER");
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  EXPECT_THAT(daemon_.process().err(), HasSubstr("first_sequence=2 last_sequence=2 records=1 segment=1"));
  EXPECT_EQ(daemon_.metric("respand_records_dropped_total", {{"reason", "damaged"}}), 1);
  EXPECT_EQ(daemon_.metric("respand_backlog_records"), 4);
  daemon_.expect_books_balance();
  EXPECT_FALSE(std::filesystem::is_empty(directory() + "/quarantine"));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(JournalCommand, AJournalOfANewerVersionIsRefusedForGood) {
  ASSERT_NO_FATAL_FAILURE(fill(1));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
  // The file `end` with format version 2 and the checksum that goes with it.
  const std::string before = read_file(segment());
  write_file(directory() + "/end", std::string("\xcf\xb3\xa5\x93\x42\xd8\xf7\xb4", 8) + "RSPNDEND" +
                                       std::string("\x02\0\0\0\0\0\0\0", 8) + std::string(40, '\x07'));
  const RunResult refused = run_respand({"run", "--config", daemon_.config_path()});
  EXPECT_EQ(refused.status, 78) << "systemd must not try again";
  EXPECT_THAT(refused.err, HasSubstr("newer version of respand"));
  EXPECT_EQ(read_file(segment()), before) << "nothing is changed";
}

}  // namespace
}  // namespace respand::test
