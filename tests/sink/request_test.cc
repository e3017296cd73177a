#include "sink/request.h"

#include <gtest/gtest.h>

#include "tests/support/http_text.h"

namespace respand::sink {
namespace {

using State = RequestReader::State;
constexpr std::size_t kLimit = 100;

// Feeds `bytes` in pieces of `piece`, keeping what is left over as the connection does, and returns the bodies.
std::vector<std::string> bodies_of(const std::string& bytes, std::size_t piece) {
  RequestReader reader(kLimit);
  std::vector<std::string> bodies;
  std::string held;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    held.append(bytes.substr(at, piece));
    std::string_view input = held;
    State state = State::kMore;
    while ((state = reader.feed(input)) == State::kComplete) {
      bodies.push_back(reader.request().too_large ? "too large" : reader.request().body);
    }
    EXPECT_NE(state, State::kBroken);
    held.erase(0, held.size() - input.size());
  }
  return bodies;
}

TEST(RequestReader, ReadsRequestsInPiecesOfAnySize) {
  const std::string bytes = test::http_request("POST", "/a", "one") + test::http_request("GET", "/b") +
                            "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n" +
                            "POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: v\r\n\r\n" +
                            test::http_request("POST", "/d", "");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(bodies_of(bytes, piece), (std::vector<std::string>{"one", "", "two", "", ""})) << piece;
  }
}

TEST(RequestReader, DiscardsABodyOverTheLimitAndGoesOn) {
  for (const std::size_t size : {kLimit - 1, kLimit, kLimit + 1, 10 * kLimit}) {
    const std::string body(size, 'x');
    const std::string chunked = "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n" + [&] {
      char head[16];
      std::snprintf(head, sizeof head, "%zx\r\n", size - 1);
      return std::string(head);
    }() + body.substr(1) + "\r\n0\r\n\r\n";
    const std::string expected = size > kLimit ? "too large" : body;
    for (const std::size_t piece : {1U, 7U, 100000U}) {
      EXPECT_EQ(
          bodies_of(test::http_request("POST", "/", body) + chunked + test::http_request("POST", "/", "next"), piece),
          (std::vector<std::string>{expected, expected, "next"}));
    }
  }
}

TEST(RequestReader, FindsWhatTheSinkNeeds) {
  RequestReader reader(kLimit);
  std::string bytes = test::http_request(
      "POST", "/x?y", "b", {{"AUTHORIZATION", "Bearer k"}, {"Content-Encoding", "gzip"}, {"Connection", "close"}});
  std::string_view input = bytes;
  ASSERT_EQ(reader.feed(input), State::kComplete);
  EXPECT_EQ(reader.request().method, Request::Method::kPost);
  EXPECT_EQ(reader.request().target, "/x?y");
  EXPECT_EQ(reader.request().authorization, "Bearer k");
  EXPECT_TRUE(reader.request().encoded);
  EXPECT_FALSE(reader.request().keep_alive);
  bytes = test::http_request("PUT", "/z");
  input = bytes;
  ASSERT_EQ(reader.feed(input), State::kComplete);
  EXPECT_EQ(reader.request().method, Request::Method::kOther);
  EXPECT_EQ(reader.request().authorization, "");
  EXPECT_FALSE(reader.request().encoded);
  EXPECT_TRUE(reader.request().keep_alive);
}

TEST(RequestReader, SaysOnceThatTheClientWaits) {
  RequestReader reader(kLimit);
  std::string_view input = "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(reader.feed(input), State::kContinue);
  input = "a";
  EXPECT_EQ(reader.feed(input), State::kMore);
  input = "b";
  EXPECT_EQ(reader.feed(input), State::kComplete);
}

TEST(RequestReader, RefusesWhatIsNotHttp) {
  for (const std::string& bytes :
       {std::string("{\"model\":\"m\"}\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00", 5), std::string("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        "GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')}) {
    RequestReader reader(kLimit);
    std::string_view input = bytes;
    EXPECT_EQ(reader.feed(input), State::kBroken) << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace respand::sink
