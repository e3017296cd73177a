// The API 50 ms away, one packet in a hundred lost.

#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/daemon.h"
#include "tests/support/nginx.h"
#include "tests/support/slow_network.h"

namespace respand::test {
namespace {

void deliver_from_afar(const std::string& more) {
  Certificates certificates;
  Nginx nginx({.pair = certificates.good()});
  Daemon daemon(nginx.url(), {.more = more, .api = cat(", request_timeout: 20s, ca_file: ", certificates.authority())});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  std::string lines;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    lines += record(n) + "\n";
  }
  daemon.send_acknowledged(lines);
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 1000));
  EXPECT_EQ(nginx.served(1000).size(), 1000U) << "no record was sent twice";
  EXPECT_EQ(daemon.metric("respand_retries_total"), 0);
  daemon.expect_books_balance();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// On a thread of its own: it can't come back from there.
TEST(SlowNetwork, DelayAndLossCostTimeOnly) {
  std::string why;
  std::jthread elsewhere([&] {
    why = enter_slow_network(std::chrono::milliseconds{50}, 1);
    if (why.empty()) {
      deliver_from_afar("");
    }
  });
  elsewhere.join();
  if (!why.empty()) {
    GTEST_SKIP() << "no network namespace with netem here: " << why;
  }
}

}  // namespace
}  // namespace respand::test
