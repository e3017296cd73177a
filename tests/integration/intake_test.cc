// Every input of the real daemon, as users and SDKs use it.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/socket.h"

namespace respand::test {
namespace {

TEST(Intake, LinesArraysAndALastLineWithoutItsEnd) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto answers =
      daemon.send_acknowledged(record(1) + "\n[" + record(2) + "," + record(3) + "]\r\n\n" + record(4));
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers.back(), R"({"durable":3})");
  EXPECT_TRUE(sink.wait_for_records(4));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Intake, NothingIsSentToAWriterWhoDidNotAsk) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client client = daemon.connect();
  client.send(record(1) + "\n{\n");
  client.half_close();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// Through every input: half a surrogate pair, as JavaScript leaves it when it cuts an emoji, and a byte order mark,
// with which some editors begin a text.
TEST(Intake, HalfASurrogatePairAndAByteOrderMarkAreNoReasonToRefuse) {
  SinkServer sink;
  Daemon daemon(sink.url());
  daemon.set_more(cat("datagram: {path: ", daemon.folder() / "dgram.sock", "}"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string mark = "\xEF\xBB\xBF";
  const auto cut = [&](int n) {
    return cat(R"({"custom_identifier":"cut-)", n,
               R"(","\ud83d":"\ud83d","metadata":{"k\ude00":["a\ud83d\ud83d\ude00"]}})");
  };
  Client client = daemon.connect();
  ASSERT_TRUE(client.send(mark + "!ack\n" + cut(1) + "\n[" + cut(2) + "]\n"));
  client.half_close();
  EXPECT_EQ(lines_of(client.read_all()).back(), R"({"durable":2})");
  Client http = daemon.connect();
  EXPECT_EQ(http.request("POST", "/api/request-logs/create/", mark + cut(3))->status(), 200);
  EXPECT_EQ(http.request("POST", "/api/request-logs/create/", mark + " [" + cut(4) + "]")->status(), 200);
  write_file(daemon.spool_path() + "/a.ndjson", mark + cut(5) + "\n");
  write_file(daemon.spool_path() + "/b.json", mark + "[" + cut(6) + "]");
  EXPECT_TRUE(send_datagram(daemon.folder() / "dgram.sock", mark + cut(7)));
  ASSERT_TRUE(sink.wait_for_records(7));
  ASSERT_TRUE(daemon.wait_for_metric("respand_surrogates_replaced_total", 28));
  EXPECT_EQ(daemon.metric("respand_records_rejected_total"), 0);
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Intake, HttpAnswersAsTheApiDoes) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client client = daemon.connect();
  std::uint64_t sent = 0;
  for (const std::string_view path :
       {"/api/request-logs/create/", "/api/request-logs/create", "/api/request-logs/", "/api/request-logs",
        "/request-logs/create/", "/request-logs/create", "/request-logs/", "/request-logs"}) {
    const auto answer = client.request("POST", path, record(++sent));
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status(), 200) << path;
    EXPECT_EQ(answer->body, R"({"message":"log successful"})") << path;
  }
  const auto array = client.request("POST", "/api/request-logs/create/", "[" + record(100) + "," + record(101) + "]");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->status(), 200);
  EXPECT_EQ(client.request("POST", "/api/request-logs/create/", "{\"a\":}")->status(), 400);
  EXPECT_EQ(client.request("GET", "/api/request-logs/create/")->status(), 405);
  EXPECT_EQ(client.request("POST", "/api/nothing/", record(1))->status(), 404);
  EXPECT_TRUE(sink.wait_for_records(sent + 2));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Intake, TcpTakesHttp) {
  SinkServer sink;
  Daemon daemon(sink.url(), "http: {listen: \"127.0.0.1:0\"}");
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto line = daemon.process().wait_for_line("http on ");
  ASSERT_TRUE(line) << daemon.process().err();
  Client client = Client::connect_tcp(static_cast<std::uint16_t>(std::stoul(line->substr(line->rfind(':') + 1))));
  const auto answer = client.request("POST", "/api/request-logs/create/", record(1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Intake, ADatagramIsARecord) {
  SinkServer sink;
  const TempDir folder;
  Daemon daemon(sink.url(), cat("datagram: {path: ", folder / "d.sock", "}"));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  for (const std::string& text : {record(1), std::string("not a record"), record(2)}) {
    ASSERT_TRUE(send_datagram(folder / "d.sock", text));
  }
  EXPECT_TRUE(sink.wait_for_records(2));
  EXPECT_TRUE(daemon.wait_for_metric("respand_records_rejected_total", 1, {{"input", "datagram"}}));
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// A cleaner of temporary files, or a user, may remove the socket's file.
TEST(Intake, TheFileOfASocketThatWasRemovedIsMadeAnewAndItIsSaid) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Client old = daemon.connect();
  ASSERT_TRUE(old.send(record(1) + "\n"));
  ASSERT_TRUE(sink.wait_for_records(1));
  ASSERT_TRUE(std::filesystem::remove(daemon.socket_path()));
  ASSERT_TRUE(std::filesystem::remove(daemon.control_path()));
  ASSERT_TRUE(daemon.process().wait_for_line("the file of a socket was taken away: bound again"));
  ASSERT_TRUE(daemon.process().wait_for_line("the file of the control socket was taken away: bound again"));
  EXPECT_EQ(daemon.send_acknowledged(record(2) + "\n").back(), "{\"durable\":1}");
  ASSERT_TRUE(old.send(record(3) + "\n")) << "who is connected stays";
  Process status(RESPAND_BINARY, {"status", "--control", daemon.control_path()});
  EXPECT_EQ(status.wait(), (Exit{0, 0})) << status.err();
  ASSERT_TRUE(sink.wait_for_records(3));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_FALSE(std::filesystem::exists(daemon.socket_path()));
  EXPECT_FALSE(std::filesystem::exists(daemon.control_path()));
}

TEST(Intake, TheSocketHasItsModeAStaleOneIsReplacedALiveOneIsNot) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  struct stat info {};
  ASSERT_EQ(::stat(daemon.socket_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);

  Daemon other(sink.url(), "");
  // The same socket, another journal.
  write_file(other.config_path(),
             cat("api: {base_url: \"", sink.url(), "\", api_key: k}\nsocket: {path: ", daemon.socket_path(),
                 "}\nspool: {directory: ", other.spool_path(), "}\njournal: {directory: ", other.folder() / "j",
                 "}\ndead_letters: {directory: ", other.folder() / "d", "}\ncosts: {directory: ", other.folder() / "c",
                 "}\n"));
  Process second(RESPAND_BINARY, {"run", "--config", other.config_path()});
  const auto exit = second.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->status, 75);
  EXPECT_NE(second.err().find(daemon.socket_path()), std::string::npos) << second.err();

  daemon.kill();
  ASSERT_EQ(::stat(daemon.socket_path().c_str(), &info), 0) << "kill -9 leaves the file behind";
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  EXPECT_NE(::stat(daemon.socket_path().c_str(), &info), 0) << "a clean stop takes it away";
}

TEST(Intake, ASecondDaemonOnTheJournalIsRefused) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  Process second(RESPAND_BINARY, {"run", "--config", daemon.config_path()});
  const auto exit = second.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->status, 75);
  EXPECT_NE(second.err().find(cat(daemon.process().pid())), std::string::npos)
      << "it names the holder: " << second.err();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Intake, ARecordOf20MiBGoesThroughAndALargerOneIsRefused) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string empty = record(1);
  const std::size_t limit = 20U << 20;
  const std::string largest = record(1, limit - empty.size());
  ASSERT_EQ(largest.size(), limit);
  const auto answers =
      daemon.send_acknowledged(largest + "\n" + record(2, limit - empty.size() + 1) + "\n" + record(3) + "\n");
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers.back(), R"({"durable":3})");
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(),
                          [](const std::string& a) { return a.starts_with(R"({"line":2,"error":")"); }),
            1);
  EXPECT_EQ(
      std::count_if(answers.begin(), answers.end(), [](const std::string& a) { return a.starts_with(R"({"line":)"); }),
      1);
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_backlog_records") == 0; }));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
