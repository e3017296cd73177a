#include "tests/support/sink_server.h"

#include <gtest/gtest.h>

#include "tests/support/client.h"

namespace respand::test {
namespace {

constexpr std::string_view kPath = "/api/request-logs/create/";

TEST(SinkServer, KeepsWhatItGot) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  const auto answer = client.request("POST", kPath, R"({"model":"m"})", {{"Authorization", "Bearer k"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(client.request("POST", kPath, "no json")->status(), 400);
  EXPECT_TRUE(server.wait_for_requests(2));
  EXPECT_EQ(server.bodies(), std::vector<std::string>{R"({"model":"m"})"});
  EXPECT_EQ(server.received().at(0).authorization, "Bearer k");
  EXPECT_EQ(server.received().at(1).verdict.status, 400);
  EXPECT_FALSE(server.wait_for_records(2, Duration{0}));
}

TEST(SinkServer, ChangesItsRulesWhileItRuns) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  server.set_rules({.fail = {{.status = 503, .probability = 1}}});
  EXPECT_EQ(client.request("POST", kPath, "{}")->status(), 503);
  server.set_rules({});
  EXPECT_EQ(client.request("POST", kPath, "{}")->status(), 200);
}

TEST(SinkServer, GoesAndComesBackOnTheSamePort) {
  SinkServer server;
  const std::uint16_t port = server.port();
  Client before = Client::connect_tcp(port);
  EXPECT_EQ(before.request("POST", kPath, "{}")->status(), 200);
  server.stop();
  EXPECT_FALSE(before.request("POST", kPath, "{}"));
  EXPECT_FALSE(Client::connect_tcp(port).connected());
  server.start();
  EXPECT_EQ(Client::connect_tcp(port).request("POST", kPath, "{}")->status(), 200);
  EXPECT_EQ(server.records(), 2U);
  EXPECT_EQ(server.stats().records, 1U);
}

}  // namespace
}  // namespace respand::test
