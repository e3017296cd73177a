// Many writers at once; bad lines between good ones.

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

TEST(Writers, SixteenTimes250AllArriveOnceAsWritten) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  constexpr std::uint64_t kWriters = 16;
  constexpr std::uint64_t kEach = 250;
  // Spelling that a careless shipper would change: number forms, key order, escapes, white space, repeated and nested
  // names.
  const auto text = [](std::uint64_t n) {
    return cat(R"({ "z":0.10,"tiny":1e-7 , "big":9223372036854775807,"uni":"\u00e9é","custom_identifier":"w-)", n,
               R"(","metadata":{"b":1,"a":{"cost":null}},"model":"m" })");
  };
  {
    std::vector<std::jthread> writers;
    for (std::uint64_t w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        Client client = daemon.connect();
        for (std::uint64_t i = 0; i < kEach; ++i) {
          client.send(text(w * kEach + i) + (i % 2 == 0 ? "\n" : "\r\n"));
        }
      });
    }
  }
  ASSERT_TRUE(sink.wait_for_records(kWriters * kEach));
  std::map<std::string, std::string> arrived;
  for (const std::string& body : sink.bodies()) {
    EXPECT_TRUE(arrived.emplace(member(body, "custom_identifier"), body).second) << "twice: " << body;
  }
  for (std::uint64_t n = 0; n < kWriters * kEach; ++n) {
    const std::string& body = arrived[cat("w-", n)];
    ASSERT_TRUE(same_but_for(text(n), body, {"timestamp"}));
    // As written, to the byte: only the addition stands between the text and its closing brace.
    ASSERT_TRUE(body.starts_with(text(n).substr(0, text(n).size() - 2))) << body;
  }
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Each line is read before the next is written, so that none shares a batch with another.
TEST(Writers, PlainLinesShareASyncAndAcknowledgedOnesDoNotWait) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.journal = ", sync_delay: 1s"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  constexpr int kLines = 10;
  const auto syncs = [&] { return daemon.metric("respand_commit_seconds_count"); };
  const auto read = [&] { return daemon.metric("respand_bytes_received_total", {{"input", "socket"}}); };
  Client plain = daemon.connect();
  const double before = syncs();
  for (int i = 0; i < kLines; ++i) {
    const double had = read();
    ASSERT_TRUE(plain.send(record(static_cast<std::uint64_t>(i)) + "\n"));
    ASSERT_TRUE(eventually([&] { return read() > had; }));
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", kLines));
  EXPECT_LT(syncs() - before, kLines);
  const double then = syncs();
  for (int i = 0; i < kLines; ++i) {
    EXPECT_EQ(daemon.send_acknowledged(record(static_cast<std::uint64_t>(kLines + i)) + "\n").back(),
              R"({"durable":1})");
  }
  // A writer hears of it a moment before it is counted.
  EXPECT_TRUE(eventually([&] { return syncs() - then >= kLines; }));
  EXPECT_EQ(syncs() - then, kLines) << "each was synced for itself";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Writers, BadLinesAreRefusedWithTheirReasonAndHurtNobodyElse) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::vector<std::string> bad = {
      "{",           "17", "[1,2]", "{\"a\":\"\xFF\xFE\"}", std::string("{\"a\":\"\0\"}", 9), std::string(100'000, '['),
      R"({"a":1,})",
  };
  std::string lines;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    lines += record(i) + "\n" + bad[i] + "\n\n";  // a blank line is not counted
  }
  const auto answers = daemon.send_acknowledged(lines);
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers.back(), cat(R"({"durable":)", 2 * bad.size(), "}"));
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::string wanted = cat(R"({"line":)", 2 * i + 2, ",\"error\":\"");
    const auto found =
        std::find_if(answers.begin(), answers.end(), [&](const std::string& a) { return a.starts_with(wanted); });
    ASSERT_NE(found, answers.end()) << "no answer for line " << 2 * i + 2 << ": " << bad[i].substr(0, 20);
    EXPECT_GT(found->size(), wanted.size() + 10) << "no reason: " << *found;
  }
  ASSERT_TRUE(sink.wait_for_records(bad.size()));
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), bad.size());
  daemon.expect_books_balance();
  // The payload of a refused line is nowhere in the log.
  EXPECT_EQ(daemon.process().err().find("[[[["), std::string::npos);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
