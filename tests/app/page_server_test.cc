// The pages' server over real sockets: what it reads of a request, what it refuses, and how connections go on.

#include "app/page_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>

#include "respand/base/text.h"
#include "tests/support/client.h"

namespace respand::app {
namespace {

using test::Client;
using testing::HasSubstr;
using testing::StartsWith;

class PageServerTest : public testing::Test {
 protected:
  void SetUp() override {
    PageServer::Pages pages;
    pages["GET /a"] = [](const PageServer::Request& request) { return Page{.body = cat("a:", request.query, "\n")}; };
    pages["POST /echo"] = [](const PageServer::Request& request) { return Page{.body = std::string(request.body)}; };
    pages["GET /later"] = [this](const PageServer::Request&) {
      Page page;
      page.later = [this](const Page::Reply& reply) {
        boost::asio::post(loop_, [reply] { reply({.status = 202, .body = "later\n"}); });
      };
      return page;
    };
    server_.emplace(loop_, std::move(pages));
    ASSERT_TRUE(server_->start("127.0.0.1", 0));
    thread_ = std::jthread([this] { loop_.run(); });
  }
  void TearDown() override {
    boost::asio::post(loop_, [this] {
      server_->stop();
      loop_.stop();
    });
    thread_.join();
  }
  [[nodiscard]] Client connect() const { return Client::connect_tcp(server_->port()); }
  // All that is said to these bytes, until the server closes.
  [[nodiscard]] std::string all_said_to(const std::string& bytes) const {
    Client client = connect();
    EXPECT_TRUE(client.send(bytes));
    return client.read_all();
  }

  boost::asio::io_context loop_{1};
  std::optional<PageServer> server_;
  std::jthread thread_;
};

std::string get(std::string_view target, std::string_view headers = {}) {
  return cat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n", headers, "\r\n");
}
constexpr std::string_view kClose = "Connection: close\r\n";

TEST_F(PageServerTest, AnswersOneRequestAfterTheOther) {
  Client client = connect();
  ASSERT_TRUE(client.send(get("/a?x=1") + "\r\n" + get("/later") + get("/nothing")));
  const auto first = client.read_answer();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(first->body, "a:x=1\n");
  EXPECT_EQ(first->header("connection"), "");
  EXPECT_EQ(first->header("cache-control"), "no-store");
  EXPECT_EQ(client.read_answer()->first_line, "HTTP/1.1 202 Accepted");
  const auto last = client.read_answer();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->status(), 404);
  EXPECT_EQ(last->body, "no such page: there is GET /a, GET /later, POST /echo\n");
  EXPECT_EQ(client.request("POST", "/a", "")->status(), 405);
}

TEST_F(PageServerTest, ReadsBodiesInEveryForm) {
  Client client = connect();
  EXPECT_EQ(client.request("POST", "/echo", "body")->body, "body");
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nch\r\n"));
  ASSERT_TRUE(client.send("4\r\nunks\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read_answer()->body, "chunks");
  const std::string most(8 * 1024, 'x');
  EXPECT_EQ(client.request("POST", "/echo", most)->body, most);
  const std::string refused = all_said_to(
      cat("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", most.size() + 1, "\r\n\r\n", most, "x"));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\n\r\nthe body is over the limit of 8KiB\n"));
}

// The rules are those of the intake (http1): only what shows that this server keeps to them is looked at.
TEST_F(PageServerTest, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  for (const auto& [bytes, status] :
       {std::pair<std::string, std::string>("GET /a HTTP/1.1\r\n\r\n", "400"),
        {"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
        {"HELLO\r\n\r\n", "400"},
        {"GET /a HTTP/2.0\r\n\r\n", "505"},
        {get("/a", cat("A: ", std::string(9000, 'x'), "\r\n")), "431"},
        {get("/a", cat("Host: evil.example\r\n")), "400"},
        {cat("GET /a HTTP/1.1\r\nHost: evil.example\r\n", kClose, "\r\n"), "421"}}) {
    const std::string said = all_said_to(bytes);
    EXPECT_THAT(said, StartsWith(cat("HTTP/1.1 ", status, " "))) << printable(bytes, 100);
    EXPECT_THAT(said, HasSubstr("\r\nConnection: close\r\n"));
  }
}

TEST_F(PageServerTest, SpeaksHttp10) {
  const std::string said = all_said_to("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(said, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(said, testing::Not(HasSubstr("Connection:"))) << "its connections close where nothing is said";
  EXPECT_THAT(said, testing::EndsWith("\r\n\r\na:\n"));
  Client client = connect();
  ASSERT_TRUE(client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(client.read_answer()->header("connection"), "keep-alive");
  EXPECT_EQ(client.request("GET", "/a")->status(), 200);
}

TEST_F(PageServerTest, HeadHasTheHeadersAlone) {
  const std::string said = all_said_to(cat("HEAD /a HTTP/1.1\r\nHost: localhost\r\n", kClose, "\r\n"));
  EXPECT_THAT(said, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(said, testing::EndsWith("\r\n\r\n"));
}

TEST_F(PageServerTest, TheOneThatWaitsLongestGivesWay) {
  boost::asio::post(loop_, [this] { server_->set_most(2); });
  Client first = connect();
  EXPECT_EQ(first.request("GET", "/a")->status(), 200);
  Client second = connect();
  EXPECT_EQ(second.request("GET", "/a")->status(), 200);
  Client third = connect();
  EXPECT_EQ(third.request("GET", "/a")->status(), 200);
  EXPECT_EQ(first.read_all(), "");
  EXPECT_TRUE(first.at_end());
  EXPECT_EQ(second.request("GET", "/a")->status(), 200);
}

}  // namespace
}  // namespace respand::app
