// Reads that go on to the API (http.forward), with the key of the client.

#include <future>
#include <string>

#include "tests/http/raw_server.h"
#include "tests/integration/routes_fixture.h"

namespace respand::test {
namespace {

using RoutesReadsTest = RoutesTest;

// The API itself, as far as reads go: says what it was asked.
void say_what_was_asked(http::Peer& peer) {
  while (const auto request = peer.request()) {
    const std::size_t key = request->find("Authorization: ");
    const std::size_t type = request->find("Content-Type: ");
    const std::string body =
        cat(request->substr(0, request->find(" HTTP")), "|",
            key == std::string::npos ? "" : request->substr(key + 15, request->find('\r', key) - key - 15), "|",
            type == std::string::npos ? "" : request->substr(type + 14, request->find('\r', type) - type - 14), "|",
            request->substr(request->find("\r\n\r\n") + 4));
    peer.send(cat("HTTP/1.1 207 Multi-Status\r\nContent-Type: text/x-test\r\nContent-Length: ", body.size(), "\r\n\r\n",
                  body));
  }
}

TEST_F(RoutesReadsTest, ReadsGoToTheApiWithTheClientsOwnKey) {
  http::RawServer api(say_what_was_asked);
  daemon_ = std::make_unique<Daemon>(cat("http://127.0.0.1:", api.port()), "http: {forward: reads}");
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  const auto ask = [&](std::string_view method, std::string_view path, std::string_view body = {},
                       std::string type = "application/json") {
    Client client = daemon_->connect();
    Headers headers{{"Authorization", "Bearer of-the-client"}};
    if (!type.empty()) {
      headers.emplace_back("Content-Type", std::move(type));
    }
    return client.request(method, path, body, headers).value_or(HttpMessage{});
  };
  const HttpMessage one = ask("GET", "/api/request-logs/abc-1/?x=%20", {}, {});
  EXPECT_EQ(one.status(), 207);
  EXPECT_EQ(one.header("content-type"), "text/x-test");
  EXPECT_EQ(one.body, "GET /api/request-logs/abc-1/?x=%20|Bearer of-the-client||");
  EXPECT_EQ(ask("PATCH", "/request-logs/abc", "{\"note\":1}", "application/merge-patch+json").body,
            "PATCH /api/request-logs/abc|Bearer of-the-client|application/merge-patch+json|{\"note\":1}");
  EXPECT_EQ(ask("POST", "/api/request-logs/list/?page=2", "{}").body,
            "POST /api/request-logs/list/?page=2|Bearer of-the-client|application/json|{}");
  EXPECT_EQ(ask("POST", "/api/request-logs/list", "{}", {}).body,
            "POST /api/request-logs/list|Bearer of-the-client||{}");
  EXPECT_EQ(ask("DELETE", "/api/request-logs/abc").status(), 404);
  EXPECT_EQ(ask("GET", "/api/request-logs/../keys").status(), 404);
  EXPECT_EQ(ask("GET", "/api/users").status(), 404);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(RoutesReadsTest, ReadsOfAnApiThatIsAwayAre502) {
  ASSERT_NO_FATAL_FAILURE(start({}, "http: {forward: reads}"));
  sink_->stop();
  Client client = daemon_->connect();
  const HttpMessage answer = client.request("GET", "/api/request-logs/abc").value_or(HttpMessage{});
  EXPECT_EQ(answer.status(), 502);
  EXPECT_NE(answer.body.find("the API can't be asked: "), std::string::npos) << answer.body;
  EXPECT_EQ(post("/request-logs/create", record(1)).status(), 200) << "writing goes on";
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Neither a stop nor a restart waits for it.
TEST_F(RoutesReadsTest, AStopGivesUpReadsOfAnApiThatHangs) {
  std::promise<void> asked;
  http::RawServer api([&](http::Peer& peer) {
    if (peer.request()) {
      asked.set_value();
      peer.hang();
    }
  });
  daemon_ = std::make_unique<Daemon>(cat("http://127.0.0.1:", api.port()),
                                     Daemon::Setup{.more = "http: {forward: reads}", .api = ", request_timeout: 10m"});
  ASSERT_NO_FATAL_FAILURE(daemon_->start());
  Client client = daemon_->connect();
  auto answer = std::async(std::launch::async, [&] { return client.request("GET", "/api/request-logs/abc"); });
  asked.get_future().wait();
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
  const HttpMessage said = answer.get().value_or(HttpMessage{});
  EXPECT_EQ(said.status(), 503);
  EXPECT_EQ(said.body, R"({"detail":"respand is stopping; try again later"})");
}

TEST_F(RoutesReadsTest, WithoutForwardAReadIsNotServed) {
  ASSERT_NO_FATAL_FAILURE(start());
  Client client = daemon_->connect();
  EXPECT_EQ(client.request("GET", "/api/request-logs/abc").value_or(HttpMessage{}).status(), 404);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

}  // namespace
}  // namespace respand::test
