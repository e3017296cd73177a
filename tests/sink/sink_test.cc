#include "sink/sink.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "respand/record/record_parser.h"
#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/json.h"
#include "tests/support/sink_server.h"

namespace respand::sink {
namespace {

using test::Client;
using test::SinkServer;
constexpr std::string_view kPath = "/api/request-logs/create/";

TEST(Sink, TakesRecordsOnEveryFormOfThePath) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  for (const char* path :
       {"/api/request-logs/create/", "/api/request-logs/create", "/api/request-logs/", "/api/request-logs",
        "/request-logs/create/", "/request-logs/create", "/request-logs/", "/request-logs?x=1"}) {
    const auto answer = client.request("POST", path, "{}");
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status(), 200) << path;
    EXPECT_EQ(answer->body, R"({"message":"log successful"})");
  }
  for (const char* path :
       {"/", "/api", "/api/", "/api/api/request-logs/", "/request-logs//", "/api/request-logs/list/", "*"}) {
    EXPECT_EQ(client.request("POST", path, "{}")->status(), 404) << path;
  }
  for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_EQ(client.request(method, kPath)->status(), 405) << method;
  }
  EXPECT_EQ(server.records(), 8U);
}

TEST(Sink, RefusesWhatIsNoObject) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  for (const char* body : {"", "x", "[]", "[{}]", "\"{}\"", "{", "{}{}", "{\"a\":\"\xff\"}", "null"}) {
    const auto answer = client.request("POST", kPath, body);
    EXPECT_EQ(answer->status(), 400) << body;
    EXPECT_EQ(answer->body, R"({"detail":"Invalid request format"})");
  }
  EXPECT_EQ(client.request("POST", kPath, "{}", {{"Content-Encoding", "gzip"}})->status(), 415);
  EXPECT_EQ(server.records(), 0U);
}

TEST(Sink, TakesTwentyMebibytesAndNoByteMore) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  std::string body = R"({"a":")";
  body.append(record::kMaxRecord.value - body.size() - 2, 'x').append("\"}");
  ASSERT_EQ(body.size(), record::kMaxRecord.value);
  EXPECT_EQ(client.request("POST", kPath, body)->status(), 200);
  body.push_back(' ');
  EXPECT_EQ(client.request("POST", kPath, body)->status(), 413);
  EXPECT_EQ(client.request("POST", kPath, "{}")->status(), 200);
}

TEST(Sink, AsksForItsKey) {
  SinkServer server({.key = "secret"});
  Client client = Client::connect_tcp(server.port());
  EXPECT_EQ(client.request("POST", kPath, "{}")->status(), 401);
  EXPECT_EQ(client.request("POST", kPath, "{}", {{"Authorization", "Bearer other"}})->status(), 401);
  EXPECT_EQ(client.request("POST", kPath, "{}", {{"Authorization", "Bearer secret"}})->status(), 200);
}

TEST(Sink, AnswersPipelinedRequestsInOrder) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  std::string bytes;
  for (int i = 0; i < 2000; ++i) {
    bytes.append(test::http_request("POST", i % 2 == 0 ? kPath : "/nope", "{}"));
  }
  ASSERT_TRUE(client.send(bytes));
  for (int i = 0; i < 2000; ++i) {
    const auto answer = client.read_answer();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status(), i % 2 == 0 ? 200 : 404);
  }
}

TEST(Sink, ReadsWhatComesByteByByte) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  for (const char byte : test::http_request("POST", kPath, R"({"model":"m"})")) {
    ASSERT_TRUE(client.send({&byte, 1}));
  }
  EXPECT_EQ(client.read_answer()->status(), 200);
}

TEST(Sink, ClosesWhereItIsAskedTo) {
  SinkServer server;
  Client polite = Client::connect_tcp(server.port());
  EXPECT_EQ(polite.request("POST", kPath, "{}", {{"Connection", "close"}})->header("connection"), "close");
  EXPECT_EQ(polite.read_all(), "");
  EXPECT_TRUE(polite.at_end());
  server.set_rules({.close = true});
  Client closed = Client::connect_tcp(server.port());
  EXPECT_EQ(closed.request("POST", kPath, "{}")->header("connection"), "close");
  EXPECT_EQ(closed.read_all(), "");
  Client stranger = Client::connect_tcp(server.port());
  ASSERT_TRUE(stranger.send("EHLO there\r\n\r\n"));
  EXPECT_EQ(stranger.read_answer()->status(), 400);
  EXPECT_EQ(stranger.read_all(), "");
  EXPECT_TRUE(stranger.at_end());
}

TEST(Sink, LetsAClientSendItsLargeBodyWhenItAsks) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  const std::string request = test::http_request("POST", kPath, "{}", {{"Expect", "100-continue"}});
  ASSERT_TRUE(client.send(request.substr(0, request.size() - 2)));
  EXPECT_EQ(client.read_answer()->status(), 100);
  ASSERT_TRUE(client.send("{}"));
  EXPECT_EQ(client.read_answer()->status(), 200);
}

TEST(Sink, SaysContinueToNobodyWhoseBodyHasCome) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  ASSERT_TRUE(client.send(test::http_request("POST", kPath, "{}", {{"Expect", "100-continue"}})));
  EXPECT_EQ(client.read_answer()->status(), 200);
  EXPECT_EQ(client.request("POST", kPath, "{}")->status(), 200);
}

// The rules are those of the intake (http1).
TEST(Sink, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  SinkServer server;
  for (const char* const head :
       {"POST /request-logs HTTP/1.1\r\n", "POST /request-logs HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "POST /request-logs HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n"}) {
    Client client = Client::connect_tcp(server.port());
    ASSERT_TRUE(client.send(std::string(head) + "\r\n{}"));
    EXPECT_EQ(client.read_answer()->status(), 400) << head;
    EXPECT_EQ(client.read_all(), "");
  }
  EXPECT_EQ(server.records(), 0U);
}

TEST(Sink, TellsItsStatistics) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  EXPECT_TRUE(client.request("POST", kPath, R"({"custom_identifier":"a","cost":0.25})"));
  EXPECT_TRUE(client.request("POST", kPath, R"({"custom_identifier":"a","cost":0.5})"));
  EXPECT_TRUE(client.request("POST", kPath, "no"));
  const auto stats = client.request("GET", "/stats");
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->body, R"({"requests":3,"records":2,"duplicates":1,"cost":0.75,"by_status":{"200":2,"400":1}})");
}

TEST(Sink, HasWrittenARecordBeforeItAnswers) {
  const test::TempDir folder;
  Options options;
  options.listen = "127.0.0.1:0";
  options.record_file = folder / "records";
  auto sink = Sink::open(options);
  ASSERT_TRUE(sink);
  const std::jthread thread([&] { (*sink)->run(); });
  Client client = Client::connect_tcp((*sink)->port());
  EXPECT_TRUE(client.request("POST", kPath, "{\"a\":\n1}"));
  EXPECT_EQ(test::read_file(options.record_file), "{\"a\": 1}\n");
  EXPECT_TRUE(client.request("POST", kPath, "no"));
  EXPECT_TRUE(client.request("POST", kPath, "{}"));
  EXPECT_EQ(test::read_file(options.record_file), "{\"a\": 1}\n{}\n");
  (*sink)->stop();
}

TEST(Sink, SaysWhyItCanNotListen) {
  SinkServer server;
  Options options;
  options.listen = "127.0.0.1:" + std::to_string(server.port());
  const auto taken = Sink::open(options);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kExists);
  options.listen = "example.invalid:0";
  EXPECT_EQ(Sink::open(options).error().code, ErrorCode::kInvalid);
  options.listen = "127.0.0.1:0";
  options.rules.fail = {{.status = 500, .probability = 0.6}, {.status = 503, .probability = 0.6}};
  EXPECT_FALSE(Sink::open(options));
}

TEST(Sink, StopsBeforeItRuns) {
  Options options;
  options.listen = "127.0.0.1:0";
  auto sink = Sink::open(options);
  ASSERT_TRUE(sink);
  (*sink)->stop();
  (*sink)->run();
}

// 1024 connections are served, the next one when one of them has gone.
TEST(Sink, ServesABoundedNumberOfConnections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 4096) {
    GTEST_SKIP() << "needs 2100 descriptors";
  }
  SinkServer server;
  std::vector<Client> clients;
  for (int i = 0; i < 1025; ++i) {
    clients.push_back(Client::connect_tcp(server.port()));
    clients.back().send(test::http_request("POST", kPath, "{}"));
  }
  for (int i = 0; i < 1024; ++i) {
    ASSERT_TRUE(clients[static_cast<std::size_t>(i)].read_answer());
  }
  EXPECT_EQ(server.stats().connections, 1024U);
  clients.front().close();
  EXPECT_TRUE(clients.back().read_answer());
}

}  // namespace
}  // namespace respand::sink
