#include "tests/sockets/http_support.h"

namespace respand::sockets::test {
namespace {

using journal::CommitResult;

INSTANTIATE_TEST_SUITE_P(UnixAndTcp, Http, ::testing::Bool(),
                         [](const auto& transport) { return transport.param ? "Tcp" : "Unix"; });

TEST_P(Http, AnAnswerFollowsTheCommit) {
  open_listeners();
  Peer peer = dial();
  until([&] { return peer.send_some("") == 0 && listeners->connections() == 1; });
  send(peer, post(R"({"a":1})"));
  until([&] { return !intake.batches.empty(); });
  quiet();
  EXPECT_EQ(peer.take(), "");
  intake.complete();
  EXPECT_EQ(hear(peer), kOk);
  EXPECT_EQ(intake.payloads, (Strings{R"({"a":1})"}));
  EXPECT_EQ(received("http"), 1);
}

TEST_P(Http, TheConnectionIsKept) {
  open_listeners();
  Peer peer = dial();
  for (int i = 0; i < 5; ++i) {
    send(peer, post(cat("{\"i\":", i, "}")));
    EXPECT_EQ(hear(peer), kOk);
  }
  EXPECT_EQ(intake.payloads.size(), 5U);
  send(peer, post("{}", kPath, "Connection: close\r\n"));
  const std::string last = hear(peer);
  EXPECT_EQ(last, answer_of(200, "OK", R"({"message":"log successful"})", "Connection: close\r\n"));
  peer.half_close();
  until([&] { return listeners->connections() == 0; });
}

TEST_P(Http, PathsAndMethods) {
  open_listeners();
  Peer peer = dial();
  for (const std::string_view path :
       {"/api/request-logs/create/", "/api/request-logs/create", "/api/request-logs/", "/api/request-logs",
        "/request-logs/create/", "/request-logs/create", "/request-logs/", "/request-logs",
        "/api/request-logs/create/?x=/y", "http://host:81/api/request-logs"}) {
    send(peer, post("{}", path));
    EXPECT_EQ(hear(peer), kOk) << path;
  }
  for (const std::string_view path :
       {"/", "/api/", "/api/request-logs/create//", "/api/api/request-logs", "/api/request-logs/x", "/API/request-logs",
        "*", "http://host", "/api/request-logs/../request-logs"}) {
    send(peer, post("{}", path));
    EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 404 Not Found\r\n")) << path;
  }
  for (const std::string_view method : {"GET", "PUT", "DELETE", "HEAD", "PATCH", "BREW"}) {
    send(peer, cat(method, " ", kPath, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const std::string heard = hear(peer);
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 405 Method Not Allowed\r\n")) << method;
    EXPECT_NE(heard.find("\r\nAllow: POST\r\n"), std::string::npos) << heard;
  }
  send(peer, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"));
  EXPECT_EQ(heard.find("Server:"), std::string::npos);
  EXPECT_EQ(intake.payloads.size(), 10U);
}

TEST_P(Http, ChunkedAndExpectContinue) {
  open_listeners();
  Peer peer = dial();
  send(peer, cat("POST ", kPath,
                 " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"));
  until([&] { return !peer.heard().empty(); });
  EXPECT_EQ(peer.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  send(peer, "4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");
  EXPECT_EQ(hear(peer), kOk);
  EXPECT_EQ(intake.payloads, (Strings{R"({"a":1})"}));
  send(peer, cat("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(peer.ended()) << "whether the body comes is open";
}

TEST_P(Http, UnknownExpectationsAndEncodings) {
  open_listeners();
  Peer peer = dial();
  send(peer, post("{}", kPath, "Expect: miracles\r\n"));
  EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 417 "));
  for (const std::string_view encodings : {"Content-Encoding: br\r\n", "Content-Encoding: gzip, br\r\n",
                                           "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"}) {
    send(peer, post("{}", kPath, encodings));
    EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 415 ")) << encodings;
  }
  send(peer, post("{}", kPath, "Content-Encoding: identity\r\n"));
  EXPECT_EQ(hear(peer), kOk);
  EXPECT_EQ(rejected("http", "bad_request"), 4);
}

TEST_P(Http, PipelinedRequestsAreAnsweredInOrder) {
  open_listeners();
  Peer peer = dial();
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += i % 3 == 2 ? post("[7]") : post(cat("{\"i\":", i, "}"));
  }
  send(peer, all);
  std::string heard;
  until([&] {
    run_until_quiet();
    heard += peer.take();
    std::size_t answers = 0;
    for (std::size_t at = heard.find("HTTP/1.1 "); at != std::string::npos; at = heard.find("HTTP/1.1 ", at + 1)) {
      ++answers;
    }
    return answers == 20;
  });
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(heard.compare(at, 12, i % 3 == 2 ? "HTTP/1.1 400" : "HTTP/1.1 200"), 0) << i;
    at = heard.find("HTTP/1.1 ", at + 1);
  }
  EXPECT_EQ(intake.payloads.size(), 14U);
}

TEST_P(Http, OneHostAndNoOther) {
  open_listeners();
  for (const std::string_view hosts : {"", "Host: a\r\nHost: a\r\n", "Host: a, b\r\n", "Host: a/b\r\n"}) {
    Peer peer = dial();
    send(peer, cat("POST ", kPath, " HTTP/1.1\r\n", hosts, "Content-Length: 2\r\n\r\n{}"));
    EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 400 Bad Request\r\n")) << hosts;
  }
  EXPECT_TRUE(intake.payloads.empty());
  for (const std::string_view host : {"Host:\r\n", "Host: [::1]:8126\r\n", "Host: sub.example.org:80\r\n"}) {
    Peer peer = dial();
    send(peer, cat("GET ", kPath, " HTTP/1.1\r\n", host, "\r\n"));
    const bool unknown = GetParam() && host != "Host: [::1]:8126\r\n";
    EXPECT_TRUE(hear(peer).starts_with(unknown ? "HTTP/1.1 421 " : "HTTP/1.1 405 ")) << host;
  }
  Peer old = dial();
  send(old, cat("GET ", kPath, " HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(hear(old).starts_with("HTTP/1.1 405 ")) << "HTTP/1.0 knows no Host";
}

TEST_P(Http, ALineEndBehindABodyIsSkipped) {
  open_listeners();
  intake.at_once = true;
  Peer peer = dial();
  for (const std::string_view between : {"\r\n", "\n", "\r\n\r\n"}) {
    send(peer, post("{}"));
    EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 200 ")) << between;
    send(peer, between);
  }
  send(peer, cat(post("{}"), "\r\n", post("{}"), "\r"));
  EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 200 "));
  peer.half_close();
  until([&] { return peer.ended(); });
  EXPECT_EQ(intake.payloads.size(), 5U);
  EXPECT_EQ(rejected("http", "bad_request"), 0) << "a line end is no request that was cut off";
}

TEST_P(Http, AFullJournal) {
  open_listeners();
  Peer peer = dial();
  intake.accepts = false;
  send(peer, post("{}"));
  std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << heard;
  EXPECT_NE(heard.find("\r\nRetry-After: "), std::string::npos);
  EXPECT_NE(heard.find("the journal is full; try again later"), std::string::npos);
  intake.accepts = true;
  send(peer, post("{}"));
  until([&] { return !intake.batches.empty(); });
  intake.complete(1, CommitResult::kFull);
  heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << heard;
  send(peer, post("{}"));
  EXPECT_EQ(hear(peer), kOk);
  EXPECT_EQ(received("http"), 3);
  EXPECT_EQ(rejected("http", "journal_full"), 2);
}

TEST_P(Http, AStoppedJournal) {
  open_listeners();
  Peer peer = dial();
  send(peer, post("{}"));
  until([&] { return !intake.batches.empty(); });
  intake.complete(1, CommitResult::kStopped);
  const std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 503 ")) << heard;
  EXPECT_NE(heard.find("respand is stopping"), std::string::npos) << heard;
}

TEST_P(Http, AnyCutGivesTheSameAnswer) {
  open_listeners();
  const std::string request = post(R"([{"a":1},{"b":2}])");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    Peer peer = dial();
    say(peer, request.substr(0, cut));
    say(peer, request.substr(cut));
    EXPECT_EQ(hear(peer), kOk) << cut;
  }
  EXPECT_EQ(intake.payloads.size(), 2 * (request.size() - 1));
}

TEST_P(Http, ABodyThatEndsEarlyIsCountedAndNotTaken) {
  open_listeners();
  Peer peer = dial();
  const std::string request = post(R"({"a":1})");
  send(peer, request.substr(0, request.size() - 1));
  peer.half_close();
  until([&] { return peer.ended(); });
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_EQ(received("http"), 1);
  EXPECT_EQ(rejected("http", "bad_request"), 1);
}

TEST_P(Http, Http10) {
  open_listeners();
  Peer peer = dial();
  send(peer, cat("POST ", kPath, " HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}"));
  EXPECT_EQ(hear(peer), answer_of(200, "OK", R"({"message":"log successful"})", "Connection: keep-alive\r\n"));
  send(peer, cat("POST ", kPath, " HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"));
  EXPECT_EQ(hear(peer), answer_of(200, "OK", R"({"message":"log successful"})", "Connection: close\r\n"));
  until([&] { return peer.ended(); });
}

TEST_P(Http, NonsenseIsAnsweredOnceAndTheConnectionEnds) {
  open_listeners();
  Peer peer = dial();
  send(peer, "HELO example.org\r\n\r\nPOST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 Bad Request\r\n")) << heard;
  EXPECT_EQ(heard.find("HTTP/1.1", 5), std::string::npos) << heard;
  until([&] { return peer.ended(); });
}

TEST_P(Http, ALargeBodyInPieces) {
  open_listeners();
  Peer peer = dial();
  const std::string body = "{\"t\":\"" + std::string(5 << 20, 'x') + "\"}";
  send(peer, post(body));
  EXPECT_EQ(hear(peer), kOk);
  ASSERT_EQ(intake.payloads.size(), 1U);
  EXPECT_EQ(intake.payloads[0], body);
}

class HttpOverTcp : public Bench {};

TEST_F(HttpOverTcp, LinesAreNotSpokenThere) {
  settings.http_host = "localhost";
  open();
  Peer peer = Peer::connect_tcp(listeners->http_port());
  until([&] { return listeners->connections() == 1; });
  send(peer, "{\"a\":1}\n");
  until([&] { return peer.heard().starts_with("HTTP/1.1 400 "); });
  EXPECT_TRUE(intake.payloads.empty());
}

TEST_F(HttpOverTcp, Addresses) {
  settings.http_host = "::1";
  open();
  EXPECT_GT(listeners->http_port(), 0);
  SocketIntake::Settings taken;
  taken.http_host = "::1";
  taken.http_port = listeners->http_port();
  SocketIntake second(loop, taken, intake, registry, clock);
  const Status started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::kExists);
  taken.http_host = "no.such.address";
  SocketIntake third(loop, taken, intake, registry, clock);
  EXPECT_FALSE(third.start().has_value());
}

}  // namespace
}  // namespace respand::sockets::test
