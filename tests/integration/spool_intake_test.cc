// The spool directory of the real daemon: every form, what is left alone, what was there before.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/integration/daemon.h"
#include "tests/support/compress.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST(SpoolIntake, EveryFormIsTakenOnceAndRemoved) {
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

TEST(SpoolIntake, BadLinesGoToRejectedWithTheirReasons) {
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

TEST(SpoolIntake, LinksFifosAndUnfinishedNamesAreLeftAlone) {
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

// Which ways there are of writing a file in pieces.
enum class Way : std::uint8_t { kPlain, kGzip, kZstd, kArray, kAppend, kRewrite, kRenameOver };
constexpr std::array kWays{Way::kPlain,  Way::kGzip,    Way::kZstd,      Way::kArray,
                           Way::kAppend, Way::kRewrite, Way::kRenameOver};

// A program that writes the records `first` and `first` + 1 with a pause between them.
class PausingWriter {
 public:
  PausingWriter(std::string folder, Way way, std::uint64_t first) : folder_(std::move(folder)), way_(way) {
    const std::string lines = record(first) + "\n" + record(first + 1) + "\n";
    switch (way) {
      case Way::kPlain:
      case Way::kAppend:
      case Way::kRewrite:
        text_ = lines;
        break;
      case Way::kRenameOver:
        // What is replaced was never finished, so nothing of it may go out.
        held_.open(folder_ + cat("/w", first, ".ndjson"));
        held_ << record(first).substr(0, 20) << std::flush;
        text_ = lines;
        break;
      case Way::kGzip:
        text_ = gzipped(lines);
        break;
      case Way::kZstd:
        text_ = zstandard(lines);
        break;
      case Way::kArray:
        text_ = cat("[", record(first), ",\n", record(first + 1), "]");
        break;
    }
    const char* const ending = way == Way::kGzip    ? ".ndjson.gz"
                               : way == Way::kZstd  ? ".ndjson.zst"
                               : way == Way::kArray ? ".json"
                                                    : ".ndjson";
    name_ = cat("/w", first, ending);
    // Half a line, or a whole one, or amid the packed bytes.
    half_ = way == Way::kAppend || way == Way::kRewrite ? record(first).size() + 1 : text_.size() / 2;
    const bool apart = way == Way::kRenameOver;
    file_.open(folder_ + (apart ? cat("/.w", first) : name_),
               std::ios::binary | (way == Way::kAppend ? std::ios::app : std::ios::out));
    file_ << text_.substr(0, half_) << std::flush;
    aside_ = apart ? folder_ + cat("/.w", first) : "";
  }
  void finish() {
    if (way_ == Way::kRewrite) {
      std::filesystem::resize_file(folder_ + name_, 0);
      file_.seekp(0);
      half_ = 0;
    }
    file_ << text_.substr(half_);
    file_.close();
    if (!aside_.empty()) {
      std::filesystem::rename(aside_, folder_ + name_);
    }
  }

 private:
  const std::string folder_;
  const Way way_;
  std::string text_;
  std::size_t half_ = 0;
  std::string name_;
  std::string aside_;
  std::ofstream file_;
  std::ofstream held_;
};

TEST(SpoolIntake, TwoHundredWritersThatPauseLoseNothing) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  constexpr std::uint64_t kWriters = 200;
  std::deque<PausingWriter> writers;
  for (std::uint64_t i = 0; i < kWriters; ++i) {
    writers.emplace_back(daemon.spool_path(), kWays[i % kWays.size()], 2 * i);
  }
  // One that was still empty when it was looked at is looked at again much later.
  ASSERT_TRUE(eventually([&] {
    const double open = daemon.metric("respand_spool_waiting_files", {{"reason", "open"}});
    const double queued = daemon.metric("respand_spool_waiting_files", {{"reason", "queued"}});
    return open + queued == kWriters && open > kWriters / 2;
  }));
  // Others come and go meanwhile: each has acknowledged, and been taken and removed, by the time the next one comes.
  for (std::uint64_t i = 0; i < 5; ++i) {
    write_file(daemon.spool_path() + "/other.json", record(2 * kWriters + i));
    ASSERT_TRUE(sink.wait_for_records(i + 1));
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(daemon.spool_path() + "/other.json"); }));
  }
  for (PausingWriter& writer : writers) {
    writer.finish();
  }
  ASSERT_TRUE(sink.wait_for_records(2 * kWriters + 5)) << sink.records();
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()).empty(); })) << names_in(daemon.spool_path())[0];
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  std::map<std::string, int> counts;
  for (const std::string& body : sink.bodies()) {
    ++counts[member(body, "custom_identifier")];
  }
  EXPECT_EQ(counts.size(), 2 * kWriters + 5);
  EXPECT_EQ(sink.records(), 2 * kWriters + 5) << "each once";
  EXPECT_EQ(daemon.metric("respand_records_rejected_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(SpoolIntake, AFileInThePlaceOfOneThatWasTakenIsNeverRemovedUnread) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  // RESPAND_REPLACEMENTS=1000 for the whole of it.
  const char* const asked = std::getenv("RESPAND_REPLACEMENTS");
  const std::uint64_t replacements = asked != nullptr ? std::stoull(asked) : 200;
  for (std::uint64_t i = 0; i < replacements; ++i) {
    write_file(daemon.spool_path() + "/.next", (i % 3 == 0 ? "{bad\n" : "") + record(i) + "\n");
    std::filesystem::rename(daemon.spool_path() + "/.next", daemon.spool_path() + "/a.ndjson");
    // It is durable and about to be removed: in that moment the next one takes its place.
    ASSERT_TRUE(sink.wait_for_records(i + 1)) << "lost: " << i;
  }
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(daemon.spool_path() + "/a.ndjson"); }));
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), replacements);
  daemon.expect_books_balance();
  std::cout << replacements << " replacements, lost 0\n";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

std::string output_of(const std::vector<std::string>& arguments) {
  Process process(RESPAND_BINARY, arguments);
  EXPECT_TRUE(process.wait());
  return process.out() + process.err();
}

TEST(SpoolIntake, WhatWaitsIsSaidByStatusAndMetrics) {
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.spool_path() + "/notes.txt", "no record");
  write_file(daemon.spool_path() + "/rejected", "in the way");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.spool_path() + "/a.ndjson", record(1) + "\n{bad\n" + record(2) + "\n");
  ASSERT_TRUE(sink.wait_for_records(2)) << "the good lines";
  EXPECT_TRUE(daemon.wait_for_metric("respand_spool_waiting_files", 1, {{"reason", "suffix"}}));
  EXPECT_TRUE(daemon.wait_for_metric("respand_spool_waiting_files", 1, {{"reason", "rejected"}}));
  EXPECT_GT(daemon.metric("respand_spool_oldest_seconds"), 0);
  const std::string text = output_of({"status", "--config", daemon.config_path()});
  EXPECT_NE(text.find("delivering, but " + daemon.spool_path() + "/rejected is no folder"), std::string::npos) << text;
  EXPECT_NE(text.find("spool        2 files wait: 1 with no known suffix (notes.txt)"), std::string::npos) << text;
  const std::string json = output_of({"status", "--json", "--config", daemon.config_path()});
  EXPECT_NE(json.find(R"("spool":{"waiting_files":2,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("rejected":{"files":1,"oldest":"a.ndjson",)"), std::string::npos) << json;
  const std::string checked = output_of({"check", "--config", daemon.config_path()});
  EXPECT_NE(checked.find("warning: spool.directory: " + daemon.spool_path() + "/rejected is no folder"),
            std::string::npos)
      << checked;
  EXPECT_TRUE(daemon.process().wait_for_line("files wait in the spool directory"));
  daemon.kill();
  std::filesystem::remove(daemon.spool_path() + "/rejected");
  std::filesystem::remove(daemon.spool_path() + "/notes.txt");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(daemon.spool_path() + "/rejected/a.ndjson"); }));
  EXPECT_EQ(read_file(daemon.spool_path() + "/rejected/a.ndjson"), "{bad\n");
  EXPECT_EQ(sink.records(), 2U) << "each once";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(SpoolIntake, WithoutItsDirectoryTheOtherListenersWork) {
  SinkServer sink;
  Daemon daemon(sink.url());
  std::filesystem::remove_all(daemon.spool_path());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.send_acknowledged(record(1) + "\n").back(), R"({"durable":1})");
  ASSERT_TRUE(sink.wait_for_records(1));
  const std::string text = output_of({"status", "--config", daemon.config_path()});
  EXPECT_NE(text.find("delivering, but the spool directory " + daemon.spool_path() + ": No such file or directory"),
            std::string::npos)
      << text;
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  std::filesystem::create_directory(daemon.spool_path());
  write_file(daemon.spool_path() + "/a.json", record(2));
  EXPECT_TRUE(sink.wait_for_records(2, std::chrono::minutes{3}));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(SpoolIntake, OfABombOnlyItsPackedBytesAreKept) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string bomb = zstandard(record(1) + "\n" + std::string(256U << 20, 'x'));
  write_file(daemon.spool_path() + "/.bomb", bomb);
  std::filesystem::rename(daemon.spool_path() + "/.bomb", daemon.spool_path() + "/bomb.ndjson.zst");
  write_file(daemon.spool_path() + "/other.json", record(2));
  ASSERT_TRUE(sink.wait_for_records(2));
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()) == std::vector<std::string>{"rejected"}; }));
  EXPECT_EQ(read_file(daemon.spool_path() + "/rejected/bomb.ndjson.zst"), bomb);
  EXPECT_LT(std::filesystem::file_size(daemon.spool_path() + "/rejected/bomb.ndjson.zst.errors"), 1024U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
