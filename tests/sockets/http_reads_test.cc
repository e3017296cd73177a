// Requests that go on to the API (http.forward: reads).

#include "sockets/http_reads.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

TEST(HttpReads, WhatIsAReadStaysBelowRequestLogs) {
  EXPECT_EQ(read_path("GET", "/api/request-logs/abc/?a=%20b"), "request-logs/abc/?a=%20b");
  EXPECT_EQ(read_path("GET", "/request-logs"), "request-logs");
  EXPECT_EQ(read_path("PATCH", "/api/request-logs/batch-update/"), "request-logs/batch-update/");
  EXPECT_EQ(read_path("POST", "/api/request-logs/list/?page=2"), "request-logs/list/?page=2");
  EXPECT_EQ(read_path("POST", "/api/request-logs/summary"), "request-logs/summary");
  for (const auto& [method, target] : {std::pair("POST", "/api/request-logs/create"),
                                       {"DELETE", "/api/request-logs/a"},
                                       {"GET", "/api/users"},
                                       {"GET", "/api/request-logs/../users"},
                                       {"GET", "/api/request-logs//users"},
                                       {"GET", "/api/request-logs/%2e%2e"},
                                       {"GET", "/api/request-logsx"},
                                       {"PATCH", "/api/request-logs"},
                                       {"GET", "request-logs"},
                                       {"GET", ""},
                                       {"GET", "/api/request-logs/a?b c"}}) {
    EXPECT_FALSE(read_path(method, target)) << method << " " << target;
  }
}

class HttpReadsOverSockets : public Bench {
 protected:
  HttpReadsOverSockets() {
    settings.http_rules.forward_reads = true;
    settings.ask_api = [this](ReadRequest request, std::function<void(ReadAnswer)> answer) {
      asked_.push_back(std::move(request));
      answers_.push_back(std::move(answer));
    };
  }
  void begin(Peer& peer, std::string_view method, std::string_view headers, std::size_t body) {
    say(peer,
        cat(method, " /api/request-logs/a HTTP/1.1\r\nHost: h\r\n", headers, "Content-Length: ", body, "\r\n\r\n"));
  }

  std::vector<ReadRequest> asked_;
  std::vector<std::function<void(ReadAnswer)>> answers_;
};

TEST_F(HttpReadsOverSockets, GoesOnAndComesBack) {
  open();
  Peer peer = connect();
  begin(peer, "PATCH", "Authorization: Bearer of-the-client\r\nContent-Type: application/merge-patch+json\r\n", 2);
  EXPECT_TRUE(asked_.empty()) << "the body is still to come";
  say(peer, "{}GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].method, "PATCH");
  EXPECT_EQ(asked_[0].path, "request-logs/a");
  EXPECT_EQ(asked_[0].authorization, "Bearer of-the-client");
  EXPECT_EQ(asked_[0].content_type, "application/merge-patch+json");
  EXPECT_EQ(asked_[0].body, "{}");
  EXPECT_EQ(peer.heard(), "") << "what follows waits its turn";
  answers_[0]({404, "application/json", R"({"detail":"Log not found"})"});
  quiet();
  EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 404 ")) << peer.heard();
  EXPECT_NE(peer.heard().find("Log not found"), std::string::npos);
  EXPECT_NE(peer.heard().find("alive"), std::string::npos) << peer.heard();
  EXPECT_EQ(received("http"), 0);
}

TEST_F(HttpReadsOverSockets, AnAnswerForOneThatHasGoneIsNobodys) {
  open();
  Peer peer = connect();
  begin(peer, "GET", "", 0);
  ASSERT_EQ(answers_.size(), 1U);
  listeners.reset();
  answers_[0]({200, "text/plain", "late"});
}

TEST_F(HttpReadsOverSockets, TurnedOffBetweenHeadAndBody) {
  open();
  Peer peer = connect();
  begin(peer, "PATCH", "", 2);
  listeners->reconfigure(HttpRules{});
  say(peer, "{}");
  EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 404 ")) << peer.heard();
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpReadsOverSockets, ABodyHasALimit) {
  open();
  Peer peer = connect();
  begin(peer, "PATCH", "", kMostReadBody + 1);
  send(peer, std::string(kMostReadBody + 1, ' '));
  quiet();
  EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 413 ")) << peer.heard();
  EXPECT_TRUE(asked_.empty());
}

TEST_F(HttpReadsOverSockets, WhatIsRefusedIsNoRecord) {
  settings.http_rules.keys = {.named = {}, .own = "own", .token = "token"};
  settings.http_rules.keys.refuse_unknown = true;
  open();
  Peer peer = connect();
  for (const auto& [key, words] :
       {std::pair("unknown", "none that this respand knows"), {"token", "a key of its own"}}) {
    begin(peer, "GET", cat("Authorization: Bearer ", key, "\r\n"), 0);
    EXPECT_TRUE(peer.heard().starts_with("HTTP/1.1 401 ")) << peer.heard();
    EXPECT_NE(peer.heard().find(words), std::string::npos) << peer.heard();
    static_cast<void>(peer.take());
  }
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(received("http"), 0);
  EXPECT_EQ(rejected("http", "bad_request"), 0);
}

}  // namespace
}  // namespace respand::sockets::test
