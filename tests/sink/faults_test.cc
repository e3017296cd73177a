// What the sink does when it is told to fail.

#include <gtest/gtest.h>

#include "tests/support/client.h"
#include "tests/support/sink_server.h"

namespace respand::sink {
namespace {

using test::Client;
using test::SinkServer;
constexpr std::string_view kRecordsPath = "/api/request-logs/create/";

Rules always(Fault fault) {
  Rules rules;
  rules.fail = {{.fault = fault, .probability = 1}};
  return rules;
}

TEST(Faults, AStatusWithItsRetryAfter) {
  SinkServer server({.fail = {{.status = 429, .probability = 1}}, .retry_after = 3});
  const auto answer = Client::connect_tcp(server.port()).request("POST", kRecordsPath, "{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 429);
  EXPECT_EQ(answer->header("retry-after"), "3");
  EXPECT_EQ(server.records(), 0U);
  EXPECT_EQ(server.stats().by_status.at("429"), 1U);
}

TEST(Faults, ResetAndSilentClose) {
  for (const Fault fault : {Fault::kReset, Fault::kClose}) {
    SinkServer server(always(fault));
    Client client = Client::connect_tcp(server.port());
    EXPECT_FALSE(client.request("POST", kRecordsPath, "{}"));
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(server.records(), 0U);
    EXPECT_EQ(server.stats().by_status.at(std::string(name_of(fault))), 1U);
    ASSERT_TRUE(test::eventually([&] { return server.stats().in_flight == 0; }));
  }
}

TEST(Faults, HalfAnAnswerTakesTheRecord) {
  SinkServer server(always(Fault::kHalf));
  Client client = Client::connect_tcp(server.port());
  EXPECT_FALSE(client.request("POST", kRecordsPath, "{}"));
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(server.bodies(), std::vector<std::string>{"{}"});
}

TEST(Faults, HalfAnAnswerComesBehindWholeOnes) {
  SinkServer server;
  Client client = Client::connect_tcp(server.port());
  EXPECT_EQ(client.request("POST", kRecordsPath, "{}")->status(), 200);
  server.set_rules(always(Fault::kHalf));
  ASSERT_TRUE(
      client.send(test::http_request("POST", kRecordsPath, "{}") + test::http_request("POST", kRecordsPath, "{}")));
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\n{\"message\":\"lo"));
  EXPECT_EQ(server.records(), 2U);
}

TEST(Faults, HangHoldsTheRequestUntilTheClientGoes) {
  SinkServer server(always(Fault::kHang));
  Client client = Client::connect_tcp(server.port());
  ASSERT_TRUE(client.send(test::http_request("POST", kRecordsPath, "{}")));
  ASSERT_TRUE(server.wait_for_requests(1));
  EXPECT_EQ(server.stats().in_flight, 1U);
  // More on the same connection is read and not served.
  ASSERT_TRUE(client.send(test::http_request("POST", kRecordsPath, "{}")));
  server.set_rules({});
  EXPECT_EQ(Client::connect_tcp(server.port()).request("POST", kRecordsPath, "{}")->status(), 200);
  EXPECT_EQ(server.records(), 1U);
  EXPECT_EQ(server.stats().in_flight, 1U);
  client.close();
  ASSERT_TRUE(test::eventually([&] { return server.stats().in_flight == 0; }));
}

TEST(Faults, MoreAtOnceThanAllowed) {
  SinkServer server(always(Fault::kHang));
  Client hanging = Client::connect_tcp(server.port());
  ASSERT_TRUE(hanging.send(test::http_request("POST", kRecordsPath, "{}")));
  ASSERT_TRUE(server.wait_for_requests(1));
  server.set_rules({.concurrency = 1});
  EXPECT_EQ(Client::connect_tcp(server.port()).request("POST", kRecordsPath, "{}")->status(), 429);
  server.set_rules({.concurrency = 2});
  EXPECT_EQ(Client::connect_tcp(server.port()).request("POST", kRecordsPath, "{}")->status(), 200);
}

TEST(Faults, ADelayedAnswerComesAndKeepsTheOrder) {
  Rules rules;
  rules.delay_min = rules.delay_max = std::chrono::milliseconds{1};
  SinkServer server(rules);
  Client client = Client::connect_tcp(server.port());
  // The statistics are not delayed: an answer that is ready stands in front of one that waits.
  ASSERT_TRUE(client.send(test::http_request("GET", "/stats") + test::http_request("POST", kRecordsPath, "{}") +
                          test::http_request("POST", kRecordsPath, "x") + test::http_request("GET", "/stats")));
  EXPECT_TRUE(client.read_answer()->body.starts_with(R"({"requests":0)"));
  EXPECT_EQ(client.read_answer()->status(), 200);
  EXPECT_EQ(client.read_answer()->status(), 400);
  EXPECT_TRUE(client.read_answer()->body.starts_with(R"({"requests":2)"));
  EXPECT_EQ(server.stats().in_flight, 0U);
}

TEST(Faults, ADelayedRequestIsInFlight) {
  Rules rules;
  rules.delay_min = rules.delay_max = std::chrono::hours{1};
  SinkServer server(rules);
  std::vector<Client> clients;
  for (std::size_t i = 1; i <= 3; ++i) {
    clients.push_back(Client::connect_tcp(server.port()));
    ASSERT_TRUE(clients.back().send(test::http_request("POST", kRecordsPath, "{}")));
    ASSERT_TRUE(server.wait_for_requests(i));
  }
  EXPECT_EQ(server.stats().peak_in_flight, 3U);
  server.stop();
  for (Client& client : clients) {
    EXPECT_EQ(client.read_all(), "");
    EXPECT_TRUE(client.at_end());
  }
}

TEST(Faults, StopsInTheMiddleOfEverything) {
  SinkServer server({.fail = {{.fault = Fault::kHang, .probability = 0.2},
                              {.fault = Fault::kReset, .probability = 0.2},
                              {.fault = Fault::kHalf, .probability = 0.2}},
                     .delay_max = std::chrono::milliseconds{1}});
  for (int round = 0; round < 10; ++round) {
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(Client::connect_tcp(server.port()));
      clients.back().send(test::http_request("POST", kRecordsPath, "{}") +
                          test::http_request("POST", kRecordsPath, "{}"));
    }
    server.stop();
    for (Client& client : clients) {
      static_cast<void>(client.read_all());
      EXPECT_TRUE(client.at_end());
    }
    server.start();
  }
}

}  // namespace
}  // namespace respand::sink
