#include "tests/support/hostile_server.h"

#include <gtest/gtest.h>

#include "tests/support/client.h"

namespace respand::test {
namespace {

// What a client sees that sends one request and reads for as long as the server sends.
std::string seen_of(Act act) {
  const HostileServer server({act});
  Client client = Client::connect_tcp(server.port());
  client.send(http_request("POST", "/x", "{}"));
  return client.read_all();
}

TEST(HostileServer, DoesWhatTheScriptSaysOneConnectionAfterTheOther) {
  HostileServer server({Act::kAnswer, Act::kNotHttp, Act::kAnswerClose});
  Client kept = Client::connect_tcp(server.port());
  EXPECT_EQ(kept.request("POST", "/x", "1")->status(), 200);
  EXPECT_EQ(kept.request("POST", "/x", "2")->status(), 200);
  EXPECT_FALSE(Client::connect_tcp(server.port()).request("POST", "/x", "3"));
  for (int i = 0; i < 2; ++i) {
    Client closed = Client::connect_tcp(server.port());
    EXPECT_EQ(closed.request("POST", "/x", "4")->header("connection"), "close");
    EXPECT_EQ(closed.read_all(), "");
    EXPECT_TRUE(closed.at_end());
  }
  EXPECT_EQ(server.connections(), 4U);
  EXPECT_EQ(server.bodies(), (std::vector<std::string>{"1", "2", "3", "4", "4"}));
}

TEST(HostileServer, BreaksAnswersInEveryWay) {
  EXPECT_EQ(seen_of(Act::kResetAtOnce), "");
  EXPECT_EQ(seen_of(Act::kCloseAtOnce), "");
  EXPECT_EQ(seen_of(Act::kReset), "");
  EXPECT_EQ(seen_of(Act::kClose), "");
  EXPECT_EQ(seen_of(Act::kHalfHead).find("\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(seen_of(Act::kHalfBody).ends_with("\"message\":\"log su"));
  EXPECT_TRUE(seen_of(Act::kCloseBehind).ends_with("successful\"}"));
  EXPECT_TRUE(seen_of(Act::kNotHttp).starts_with("220"));
}

TEST(HostileServer, SaysMoreThanItShould) {
  const std::pair<Act, std::string_view> cases[] = {{Act::kLongBody, "}and more"}, {Act::kSlow, "successful\"}"}};
  for (const auto& told : cases) {
    const HostileServer server({told.first});
    Client client = Client::connect_tcp(server.port());
    client.send(http_request("POST", "/x", "{}"));
    std::string seen;
    ASSERT_TRUE(eventually(
        [&] { return seen.append(client.read_all(Duration{1000})).find(told.second) != std::string::npos; }));
  }
}

TEST(HostileServer, NeverEnds) {
  for (const Act act : {Act::kEndlessBody, Act::kEndlessHead, Act::kEndlessHints}) {
    const HostileServer server({act});
    Client client = Client::connect_tcp(server.port());
    client.send(http_request("POST", "/x", "{}"));
    std::string seen;
    ASSERT_TRUE(eventually([&] { return seen.append(client.read_all(Duration{1000})).size() > 4 * 1024 * 1024; }));
    EXPECT_FALSE(client.at_end());
  }
}

TEST(HostileServer, HangsUntilTheClientGoes) {
  const HostileServer server({Act::kHang});
  Client client = Client::connect_tcp(server.port());
  EXPECT_FALSE(client.request("POST", "/x", "{}", {}, Duration{0}));
  EXPECT_TRUE(eventually([&] { return server.bodies().size() == 1; }));
  EXPECT_FALSE(client.at_end());
}

}  // namespace
}  // namespace respand::test
