// The real binary with nginx in front of the API: TLS and HTTP/2, limits on requests, restarts, wrong certificates.

#include <gtest/gtest.h>

#include <set>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/nginx.h"

namespace respand::test {
namespace {

constexpr const char* kQuickRetry = "delivery: {retry: {initial: 20ms, max: 200ms}}";

std::string lines_of_records(std::uint64_t first, std::uint64_t count) {
  std::string lines;
  for (std::uint64_t n = first; n < first + count; ++n) {
    lines += record(n) + "\n";
  }
  return lines;
}

std::size_t different(SinkServer& sink) {
  std::set<std::string> all;
  for (const std::string& body : sink.bodies()) {
    all.insert(member(body, "custom_identifier"));
  }
  return all.size();
}

class BehindNginx : public testing::Test {
 protected:
  Nginx::Options to_the_sink(const std::string& more = {}) {
    return {.pair = certificates.good(), .location = cat(more, "proxy_pass ", sink.url(), ";")};
  }
  Daemon::Setup trusting(const std::string& more = kQuickRetry) const {
    return {.more = more, .api = cat(", request_timeout: 5s, ca_file: ", certificates.authority())};
  }
  Certificates certificates;
  SinkServer sink;
};

TEST_F(BehindNginx, DeliversOverHttp2) {
  Nginx nginx(to_the_sink());
  Daemon daemon(nginx.url(), trusting());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(lines_of_records(0, 1000));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1000));
  EXPECT_EQ(sink.records(), 1000U);
  EXPECT_EQ(sink.received()[0].authorization, "Bearer test-key");
  const auto served = nginx.served(1000);
  std::set<std::uint64_t> connections;
  for (const Nginx::Served& one : served) {
    EXPECT_EQ(one.protocol, "HTTP/2.0");
    connections.insert(one.connection);
  }
  EXPECT_LE(connections.size(), 8U);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(BehindNginx, LimitsOnRequestsLoseNothing) {
  Nginx::Options options = to_the_sink("limit_req zone=z burst=5 nodelay; limit_req_status 429; ");
  options.http = "limit_req_zone $server_port zone=z:1m rate=400r/s;";
  Nginx nginx(options);
  Daemon daemon(nginx.url(), trusting());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(lines_of_records(0, 600));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 600));
  EXPECT_GT(daemon.metric("respand_requests_total", {{"code", "429"}}), 0);
  EXPECT_EQ(sink.records(), 600U);
  EXPECT_EQ(different(sink), 600U);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(BehindNginx, RestartsInMidFlightLoseNothing) {
  sink.set_rules({.delay_min = std::chrono::milliseconds{5}, .delay_max = std::chrono::milliseconds{5}});
  Nginx nginx(to_the_sink());
  Daemon daemon(nginx.url(), trusting());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(lines_of_records(0, 2000));
  for (std::size_t restart = 1; restart <= 4; ++restart) {
    ASSERT_TRUE(sink.wait_for_records(restart * 200));
    nginx.stop(restart % 2 == 0);
    nginx.start();
  }
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 2000));
  EXPECT_EQ(different(sink), 2000U);
  EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST_F(BehindNginx, AWrongCertificatePausesAndTheRightOneResumes) {
  Nginx::Options options = to_the_sink();
  Nginx nginx(options);
  using Pairs = std::vector<decltype(certificates.expired())>;
  for (const auto& pair :
       kSanitized ? Pairs{certificates.expired()}
                  : Pairs{certificates.expired(), certificates.for_another_host(), certificates.self_signed()}) {
    options.pair = pair;
    nginx.change(options);
    Daemon daemon(nginx.url(), trusting(""));
    ASSERT_NO_FATAL_FAILURE(daemon.start());
    daemon.send_acknowledged(record(1) + "\n");
    ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
    EXPECT_NE(daemon.page("/readyz").body.find("certificate"), std::string::npos) << daemon.page("/readyz").body;
    EXPECT_EQ(daemon.metric("respand_records_dead_lettered_total"), 0);
    EXPECT_EQ(daemon.metric("respand_circuit_open"), 1);
    options.pair = certificates.good();
    nginx.change(options);
    daemon.process().send_signal(SIGHUP);
    ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1));
    ASSERT_NO_FATAL_FAILURE(daemon.stop());
  }
}

// A large record takes its time; small ones that come later do not wait for it.
TEST_F(BehindNginx, SmallRecordsOvertakeLargeOnes) {
  Nginx nginx(to_the_sink());
  Daemon daemon(nginx.url(), trusting());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string lines;
  constexpr std::uint64_t kLarge = kSanitized ? 1 : 8;
  for (std::uint64_t n = 0; n < kLarge; ++n) {
    lines += record(n, 19 << 20) + "\n";
  }
  daemon.send_acknowledged(lines + lines_of_records(kLarge, 100));
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", kLarge + 100));
  EXPECT_EQ(different(sink), kLarge + 100);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
