// What libcurl alone does: proxies, and a multi handle that fails.
#include "http/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "harness.h"
#include "http/route.h"
#include "raw_server.h"

namespace respand::http {
namespace {

void answer_each(Peer& peer) {
  while (peer.request() && peer.send(reply(200, "{}"))) {
  }
}

TEST(CurlClient, LooksAtNoProxyOfTheEnvironment) {
  RawServer proxy(answer_each);
  RawServer server(answer_each);
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("all_proxy", proxy.url().c_str(), 1);
  Harness direct(target_to(server.url()));
  EXPECT_EQ(direct.one().status, 200);
  EXPECT_EQ(proxy.connections(), 0U);
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");

  ::setenv("no_proxy", "*", 1);
  Target through = target_to(server.url());
  through.proxy = proxy.url();
  Harness proxied(through);
  EXPECT_EQ(proxied.one().status, 200);
  EXPECT_EQ(proxy.connections(), 1U);
  EXPECT_EQ(server.connections(), 1U);
  ::unsetenv("no_proxy");
}

TEST(CurlClient, LooksAtTheEnvironmentWhereItIsAskedTo) {
  RawServer proxy(answer_each);
  Target target = target_to("http://api.example/");
  target.proxy_of_environment = true;
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  Harness harness(target);
  EXPECT_EQ(harness.one().status, 200);
  EXPECT_EQ(proxy.connections(), 1U);
  ::unsetenv("http_proxy");
}

TEST(CurlClient, ALargeBodyHasMoreTime) {
  Target target = target_to("http://127.0.0.1:9/");
  target.request_timeout = std::chrono::seconds{30};
  const Route route(target);
  EXPECT_EQ(route.timeout(0), 30'000);
  EXPECT_EQ(route.timeout(kFreeOfTime), 30'000);
  EXPECT_EQ(route.timeout(kFreeOfTime + 1), 38'000);
  EXPECT_EQ(route.timeout(20U << 20), 190'000);
}

TEST(CurlClient, AWakeUpSurvivesARebuild) {
  CurlClient client(target_to("http://127.0.0.1:9/"), system_clock());
  std::jthread other([&] {
    for (int i = 0; i < 1000; ++i) {
      client.wake();
    }
  });
  std::vector<Answer> none;
  for (int i = 0; i < 20; ++i) {
    client.rebuild("for a test", none);
  }
  other.join();
  EXPECT_TRUE(none.empty());
}

TEST(CurlClient, AfterAnErrorOfTheMultiHandleAllAreAnsweredAndNewOnesGoThrough) {
  std::atomic<bool> go = false;
  RawServer server([&](Peer& peer) {
    while (peer.request()) {
      go.wait(false);
      peer.send(reply(200, "{}"));
    }
  });
  auto made = std::make_unique<CurlClient>(target_to(server.url()), system_clock());
  CurlClient& client = *made;
  Harness harness(std::move(made));
  harness.start(20);
  std::vector<Answer> answers;
  client.poll(
      MonoTime{}, [] { return true; }, answers);
  client.rebuild("for a test", answers);
  ASSERT_EQ(answers.size(), 20U);
  for (const Answer& answer : answers) {
    EXPECT_EQ(answer.failure, Failure::kBroken);
    EXPECT_EQ(answer.payload, Harness::payload(answer.id));
  }
  EXPECT_EQ(harness.client.in_flight(), 0U);
  go = true;
  go.notify_all();
  EXPECT_EQ(harness.one().status, 200);
}

}  // namespace
}  // namespace respand::http
