// What becomes of the bodies of requests: bad ones, bad elements, too large ones.

#include "tests/sockets/http_support.h"

namespace respand::sockets::test {
namespace {

class HttpBodies : public Http {};

INSTANTIATE_TEST_SUITE_P(UnixAndTcp, HttpBodies, ::testing::Bool(),
                         [](const auto& transport) { return transport.param ? "Tcp" : "Unix"; });

TEST_P(HttpBodies, BadBodiesAreAnsweredWithReasonAndByte) {
  open_listeners();
  Peer peer = dial();
  const auto ask = [&](std::string_view body) {
    send(peer, post(body));
    return hear(peer);
  };
  std::string heard = ask(R"({"a":})");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 Bad Request\r\n")) << heard;
  EXPECT_NE(heard.find("{\"detail\":\"not valid JSON: "), std::string::npos) << heard;
  EXPECT_NE(heard.find("\"byte\":5}"), std::string::npos) << heard;
  for (const std::string_view body :
       {"", " ", "7", "\"x\"", "{\"a\":1", "[{},{}", "[{}]x", "{}{}", "[,]", "\xff\xfe", "null"}) {
    EXPECT_TRUE(ask(body).starts_with("HTTP/1.1 400 Bad Request\r\n")) << body;
  }
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_EQ(received("http"), 12);
  EXPECT_EQ(ask("[]"), kOk);
  EXPECT_EQ(ask(" [ {} , {\"a\":\"]\"} ] "), kOk);
  EXPECT_EQ(ask("\n{}\n"), kOk);
  EXPECT_EQ(intake.payloads, (Strings{"{}", "{\"a\":\"]\"}", "{}"}));
}

TEST_P(HttpBodies, OfAnArrayTheGoodOnesAreTakenAndTheBadOnesNamed) {
  open_listeners();
  Peer peer = dial();
  send(peer, post(R"([{"a":1}, 7, {"b":2}, {"c":}])"));
  until([&] { return !intake.batches.empty(); });
  EXPECT_EQ(peer.take(), "") << "also such an answer waits for what was taken";
  const std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 400 Bad Request\r\n")) << heard;
  EXPECT_NE(heard.find("\"byte\":10,\"accepted\":2,\"refused\":2,\"errors\":[{\"index\":1,\"byte\":10,\"error\":\""),
            std::string::npos)
      << heard;
  EXPECT_NE(heard.find("{\"index\":3,\"byte\":27,\"error\":\"not valid JSON: "), std::string::npos) << heard;
  EXPECT_EQ(intake.payloads, (Strings{R"({"a":1})", R"({"b":2})"}));
}

TEST_P(HttpBodies, ManyBadElementsAreCounted) {
  open_listeners();
  Peer peer = dial();
  std::string body = "[1";
  for (int i = 0; i < 5000; ++i) {
    body += ",1";
  }
  send(peer, post(body + "]"));
  const std::string heard = hear(peer);
  EXPECT_NE(heard.find("and 4985 more refused"), std::string::npos) << heard;
  EXPECT_NE(heard.find("\"accepted\":0,\"refused\":5001"), std::string::npos) << heard;
  EXPECT_EQ(rejected("http", "not_object"), 5001);
}

TEST_P(HttpBodies, TooLarge) {
  settings.max_record = kibibytes(100);
  open_listeners();
  const auto body = [](std::size_t size) { return "{\"t\":\"" + std::string(size - 8, 'x') + "\"}"; };
  Peer peer = dial();
  for (const std::size_t size : {100U * 1024 - 1, 100U * 1024}) {
    send(peer, post(body(size)));
    EXPECT_EQ(hear(peer), kOk);
  }
  send(peer, post(body(100 * 1024 + 1)));
  EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 413 Content Too Large\r\n"));
  until([&] { return peer.ended(); });
  EXPECT_EQ(rejected("http", "too_large"), 1);
  Peer chunked = dial();
  send(chunked, cat("POST ", kPath, " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n19001\r\n"));
  EXPECT_TRUE(hear(chunked).starts_with("HTTP/1.1 413 "));
}

TEST_P(HttpBodies, TheAnswerToATooLargeBodyIsNotLostBehindThatBody) {
  settings.max_record = kibibytes(100);
  open_listeners();
  Peer peer = dial();
  const std::string body(4 << 20, 'x');
  send(peer, post(body));  // All of it can be sent: it is read and thrown away.
  EXPECT_TRUE(hear(peer).starts_with("HTTP/1.1 413 "));
  peer.close();
  until([&] { return listeners->connections() == 0; });
}

// A body of 7 MB of such elements once took 400 MB of the journal.
TEST_P(HttpBodies, ElementsWithoutEndAreRefusedAndNoneIsTaken) {
  open_listeners();
  Peer peer = dial();
  const auto array = [](std::size_t elements) {
    std::string body = "[{}";
    for (std::size_t n = 1; n < elements; ++n) {
      body += ",{}";
    }
    return body + "]";
  };
  send(peer, post(array(100'001)));
  std::string heard = hear(peer);
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 413 Content Too Large\r\n")) << heard.substr(0, 200);
  EXPECT_NE(heard.find("over the limit of 100000 records in one array"), std::string::npos) << heard;
  EXPECT_TRUE(intake.payloads.empty());
  EXPECT_EQ(rejected("http", "too_large"), 1);
  send(peer, post(array(100'000)));
  until([&] {
    intake.commit_all();
    return !peer.heard().empty();
  });
  EXPECT_TRUE(peer.take().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(intake.payloads.size(), 100'000U);
}

}  // namespace
}  // namespace respand::sockets::test
