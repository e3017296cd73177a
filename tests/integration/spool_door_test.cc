// The spool directory of the real daemon: every form, what is left alone, what was there before.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/integration/daemon.h"
#include "tests/support/compress.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST(SpoolDoor, EveryFormIsTakenOnceAndRemoved) {
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.spool_path() + "/before.ndjson", record(1) + "\n");  // left from before the start
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto drop = [&](const std::string& name, const std::string& bytes) {
    write_file(daemon.spool_path() + "/." + name + ".part", bytes);
    std::filesystem::rename(daemon.spool_path() + "/." + name + ".part", daemon.spool_path() + "/" + name);
  };
  drop("object.json", record(2));
  drop("array.json", "[\n  " + record(3) + ",\n  " + record(4) + "\n]\n");
  drop("lines.ndjson", record(5) + "\n" + record(6));
  drop("lines.jsonl", record(7) + "\r\n\n");
  drop("lines.ndjson.gz", gzipped(record(8) + "\n" + record(9) + "\n"));
  drop("array.json.zst", zstandard("[" + record(10) + "]"));
  write_file(daemon.spool_path() + "/in-place.json", record(11));  // written in place, then closed
  ASSERT_TRUE(sink.wait_for_records(11));
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()).empty(); })) << names_in(daemon.spool_path())[0];
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), 11U);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(SpoolDoor, BadLinesGoToRejectedWithTheirReasons) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.spool_path() + "/mixed.ndjson", record(1) + "\n{\"broken\n" + record(2) + "\n");
  ASSERT_TRUE(sink.wait_for_records(2));
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()) == std::vector<std::string>{"rejected"}; }));
  const auto rejected = names_in(daemon.spool_path() + "/rejected");
  ASSERT_EQ(rejected.size(), 2U);
  EXPECT_EQ(read_file(daemon.spool_path() + "/rejected/" + rejected[0]), "{\"broken\n");
  EXPECT_NE(read_file(daemon.spool_path() + "/rejected/" + rejected[1]).find("2"), std::string::npos)
      << "it names the line";
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(SpoolDoor, LinksFifosAndUnfinishedNamesAreLeftAlone) {
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.folder() / "elsewhere.json", record(99));
  ASSERT_EQ(::symlink((daemon.folder() / "elsewhere.json").c_str(), (daemon.spool_path() + "/link.json").c_str()), 0);
  ASSERT_EQ(::mkfifo((daemon.spool_path() + "/fifo.json").c_str(), 0600), 0);
  std::filesystem::create_directory(daemon.spool_path() + "/folder.json");
  for (const std::string name : {".hidden.json", "unfinished.json.tmp", "unfinished.json.part", "notes.txt"}) {
    write_file(daemon.spool_path() + "/" + name, record(98));
  }
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.spool_path() + "/good.json", record(1));
  ASSERT_TRUE(sink.wait_for_records(1));
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()).size() == 7; }));
  EXPECT_EQ(member(sink.bodies()[0], "custom_identifier"), "record-1");
  EXPECT_EQ(sink.records(), 1U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_EQ(names_in(daemon.spool_path()).size(), 7U);
}

}  // namespace
}  // namespace respand::test
