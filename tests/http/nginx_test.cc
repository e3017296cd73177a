// The client against a real server: TLS, HTTP/2, certificates, connections that are kept and renewed.
#include <gtest/gtest.h>

#include <set>

#include "harness.h"
#include "tests/support/nginx.h"
#include "tests/support/patience.h"

namespace respand::http {
namespace {

using test::Certificates;
using test::Nginx;

std::set<std::uint64_t> connections(const Nginx& nginx) {
  std::set<std::uint64_t> all;
  for (const Nginx::Served& one : nginx.served()) {
    all.insert(one.connection);
  }
  return all;
}

class NginxOnceTest : public ::testing::Test {
 protected:
  Target target_to_it(const Nginx& nginx, Engine engine = Engine::kAuto) const {
    Target target = target_to(nginx.url());
    target.ca_file = certificates.authority();
    target.engine = engine;
    target.connect_timeout = target.request_timeout;  // libcurl reads the system's authorities meanwhile
    return target;
  }
  Certificates certificates;
};

// By each engine.
class NginxTest : public NginxOnceTest, public ::testing::WithParamInterface<Engine> {
 protected:
  Target target_to_it(const Nginx& nginx) const { return NginxOnceTest::target_to_it(nginx, GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Engines, NginxTest, ::testing::Values(Engine::kAuto, Engine::kLibcurl),
                         [](const auto& one) { return one.param == Engine::kAuto ? "Own" : "Libcurl"; });

TEST_P(NginxTest, ManyAtOnceOverFewConnections) {
  Nginx nginx({.pair = certificates.good()});
  Harness harness(target_to_it(nginx));
  EXPECT_EQ(harness.client.capacity(), 8U) << "it may turn out to be HTTP/1.1";
  EXPECT_EQ(harness.one().status, 200);
  EXPECT_EQ(harness.client.capacity(), 800U);
  harness.start(256);
  const auto answers = harness.finish();
  ASSERT_EQ(answers.size(), 256U);
  for (const auto& [id, answer] : answers) {
    EXPECT_EQ(answer.status, 200) << answer.detail;
    EXPECT_GT(answer.latency, Duration{0});
    EXPECT_LE(answer.latency, answer.elapsed);
  }
  const auto served = nginx.served(257);
  ASSERT_EQ(served.size(), 257U);
  EXPECT_EQ(served.back().protocol, "HTTP/2.0");
  EXPECT_LE(connections(nginx).size(), 4U) << "three that have to be, and one to spare";
}

TEST_P(NginxTest, Http11WhereThatIsAskedFor) {
  Nginx nginx({.pair = certificates.good()});
  Target target = target_to_it(nginx);
  target.version = Version::k11;
  Harness harness(target);
  harness.start(100);
  EXPECT_EQ(harness.finish().size(), 100U);
  EXPECT_EQ(nginx.served(100).back().protocol, "HTTP/1.1");
  EXPECT_LE(connections(nginx).size(), 8U);
}

TEST_P(NginxTest, NoticesThatTheServerSpeaksAnotherVersionNow) {
  const auto pair = certificates.good();
  Nginx nginx({.pair = pair});
  Harness harness(target_to_it(nginx));
  EXPECT_EQ(harness.one().status, 200);
  EXPECT_EQ(harness.client.capacity(), 800U);
  nginx.change({.listen = "ssl", .pair = pair});
  while (harness.one().status != 200) {  // the connection that went with the restart
  }
  EXPECT_EQ(harness.client.capacity(), 8U);
  harness.start(50);
  for (const auto& [id, answer] : harness.finish()) {
    EXPECT_EQ(answer.status, 200) << answer.detail;
  }
}

// By other handles than the one that began it. Over HTTP/1.1 only: libcurl 7.88 leaves an HTTP/2 connection without a
// close_notify, and OpenSSL offers a session that ended like that to nobody. There a handshake is needed for each of a
// few connections every connection_life.
TEST_F(NginxOnceTest, LibcurlUsesTlsSessionsAgain) {
  Nginx nginx({
      .pair = certificates.good(),
      .requests = 1,
      .http = "ssl_protocols TLSv1.2; ssl_session_cache shared:sessions:1m;",  // 1.3: a ticket serves once
  });
  Target target = target_to_it(nginx);
  target.url.replace(target.url.find("127.0.0.1"), 9, "localhost");  // nginx keeps none for a client without SNI
  target.version = Version::k11;
  Harness harness(target);
  EXPECT_EQ(harness.one().status, 200);
  harness.start(4);
  EXPECT_EQ(harness.finish().size(), 4U);
  const auto served = nginx.served(5);
  ASSERT_EQ(served.size(), 5U);
  EXPECT_EQ(connections(nginx).size(), 5U);
  EXPECT_FALSE(served[0].session_reused);
  for (std::size_t i = 1; i < served.size(); ++i) {
    EXPECT_TRUE(served[i].session_reused) << i;
  }
}

// nginx leaves each connection after a request; what it has not looked at goes again. TLS 1.3: each ticket serves once.
TEST_F(NginxOnceTest, TheOwnEngineUsesTlsSessionsAgain) {
  Nginx nginx({.pair = certificates.good(), .requests = 1, .http = "ssl_session_cache shared:sessions:1m;"});
  Target target = target_to_it(nginx);
  target.url.replace(target.url.find("127.0.0.1"), 9, "localhost");  // nginx keeps none for a client without SNI
  Harness harness(target);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(harness.one().status, 200);
  }
  const auto served = nginx.served(5);
  ASSERT_EQ(served.size(), 5U);
  EXPECT_EQ(connections(nginx).size(), 5U);
  for (std::size_t i = 0; i < served.size(); ++i) {
    EXPECT_EQ(served[i].protocol, "HTTP/2.0");
    EXPECT_EQ(served[i].session_reused, i > 0) << i;
  }
}

// Requests that began before anything was known of the server.
TEST_F(NginxOnceTest, WhereTheServerDoesNotChooseHttp2EachGoesOnceByLibcurl) {
  Nginx nginx({.listen = "ssl", .pair = certificates.good()});
  Harness harness(target_to_it(nginx));
  harness.start(50);
  const auto answers = harness.finish();
  ASSERT_EQ(answers.size(), 50U);
  for (const auto& [id, answer] : answers) {
    EXPECT_EQ(answer.status, 200) << answer.detail;
  }
  harness.start(10);
  EXPECT_EQ(harness.finish().size(), 10U);
  EXPECT_EQ(harness.client.capacity(), 8U);
  const auto served = nginx.served(60);
  ASSERT_EQ(served.size(), 60U) << "none twice";
  EXPECT_EQ(served.back().protocol, "HTTP/1.1");
  EXPECT_LE(connections(nginx).size(), 8U);
}

// It is remembered for connection_life only.
TEST_F(NginxOnceTest, AServerThatHasLearntHttp2IsFoundOut) {
  const auto pair = certificates.good();
  Nginx nginx({.listen = "ssl", .pair = pair});
  Target target = target_to_it(nginx);
  target.connection_life = std::chrono::milliseconds{50};
  Harness harness(target);
  EXPECT_EQ(harness.one().status, 200);
  EXPECT_EQ(harness.client.capacity(), 8U);
  nginx.change({.pair = pair});
  EXPECT_TRUE(test::eventually([&] { return harness.one().status == 200 && harness.client.capacity() == 800; }));
}

TEST_F(NginxOnceTest, ANewTargetMayBeForTheOtherEngine) {
  Nginx plain({.listen = ""});
  Nginx nginx({.pair = certificates.good()});
  Harness harness(target_to_it(nginx));
  for (int round = 0; round < 3; ++round) {
    for (const Target& target : {target_to_it(nginx), target_to(plain.url())}) {
      harness.client.set_target(target);
      harness.start(20);
    }
  }
  const auto answers = harness.finish();
  ASSERT_EQ(answers.size(), 120U);
  for (const auto& [id, answer] : answers) {
    EXPECT_EQ(answer.status, 200) << answer.detail;
  }
  EXPECT_EQ(nginx.served(60).size(), 60U);
  EXPECT_EQ(plain.served(60).size(), 60U);
}

// A connection that is never idle would otherwise never be left.
TEST_P(NginxTest, ABusyConnectionIsRenewed) {
  Nginx nginx({.pair = certificates.good()});
  Target target = target_to_it(nginx);
  target.connection_life = std::chrono::milliseconds{20};
  Harness harness(target);
  std::vector<Answer> answers;
  std::size_t started = 0;
  const test::Deadline deadline;
  while (connections(nginx).size() < 4 && !deadline.passed()) {
    while (harness.client.in_flight() < 5) {
      harness.start(1);
      ++started;
    }
    harness.client.poll(
        MonoTime::max(), [] { return true; }, answers);
  }
  EXPECT_GE(connections(nginx).size(), 4U);
  const auto last = harness.finish();
  EXPECT_EQ(answers.size() + last.size(), started);
  // libcurl 7.88 gives up a stream now and then where a connection takes the place of one that it closes: once in a
  // hundred runs of this test, a request fails, which delivery sends again.
  std::size_t given_up = 0;
  for (const Answer& answer : answers) {
    given_up += answer.failure == Failure::kBroken ? 1 : 0;
    EXPECT_TRUE(answer.status == 200 || answer.failure == Failure::kBroken) << answer.detail;
  }
  EXPECT_LE(given_up, GetParam() == Engine::kLibcurl ? 1U : 0U);
}

TEST_P(NginxTest, OnlyTheRightCertificateWillDo) {
  Nginx nginx({.pair = certificates.good()});
  const auto ask = [](const Target& target) {
    Harness harness(target);
    return harness.one();
  };
  const Target good = target_to_it(nginx);
  EXPECT_EQ(ask(good).status, 200);
  Target by_name = good;
  by_name.url.replace(by_name.url.find("127.0.0.1"), 9, "localhost");
  EXPECT_EQ(ask(by_name).status, 200);
  Target not_trusting = good;
  not_trusting.ca_file.clear();
  EXPECT_EQ(ask(not_trusting).failure, Failure::kCertificate);
  for (const auto& pair : {certificates.for_another_host(), certificates.expired(), certificates.self_signed()}) {
    nginx.change({.pair = pair});
    const Answer answer = ask(good);
    EXPECT_EQ(answer.failure, Failure::kCertificate) << pair.certificate;
    EXPECT_FALSE(answer.detail.empty());
  }
}

TEST_P(NginxTest, ARestartCostsOnlyWhatWasOnItsWay) {
  for (const bool abruptly : {false, true}) {
    Nginx nginx({.pair = certificates.good()});
    Harness harness(target_to_it(nginx));
    EXPECT_EQ(harness.one().status, 200);
    nginx.stop(abruptly);
    harness.start(10);
    for (const auto& [id, answer] : harness.finish()) {
      EXPECT_NE(answer.failure, Failure::kNone);
    }
    nginx.start();
    // On a new HTTP/2 connection nginx refuses streams whose body comes before its settings are acknowledged.
    EXPECT_TRUE(test::eventually([&] { return harness.one().status == 200; }));
    harness.start(10);
    for (const auto& [id, answer] : harness.finish()) {
      EXPECT_EQ(answer.status, 200) << answer.detail;
    }
  }
}

}  // namespace
}  // namespace respand::http
