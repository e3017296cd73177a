// A destination whose name comes to mean another address, while it is in use.

#include <gtest/gtest.h>

#include "harness.h"
#include "raw_server.h"
#include "tests/support/own_mounts.h"
#include "tests/support/patience.h"

namespace respand::http {
namespace {

void serve(Peer& peer) {
  while (peer.request() && peer.send(reply(200, "{}"))) {
  }
}

TEST(Names, AChangeIsFollowedWithoutAFailure) {
  test::OwnHosts hosts("127.0.0.2 api.test\n");
  if (!hosts.why_not().empty()) {
    GTEST_SKIP() << "this test mounts an /etc/hosts, which needs root: " << hosts.why_not();
  }
  const RawServer before(serve, {.address = "127.0.0.2"});
  const RawServer after(serve, {.address = "127.0.0.3", .port = before.port()});
  Target target = target_to(cat("http://api.test:", before.port()));
  target.connection_life = std::chrono::seconds{1};
  Harness harness(target);
  ASSERT_EQ(harness.one().status, 200);
  EXPECT_EQ(before.connections(), 1U);
  EXPECT_EQ(after.connections(), 0U);
  hosts.change("127.0.0.3 api.test\n");
  // The old address goes on answering: what moves us is that neither connections nor addresses are kept for ever.
  const test::Deadline deadline;
  while (after.connections() == 0 && !deadline.passed()) {
    ASSERT_EQ(harness.one().status, 200);
  }
  EXPECT_GE(after.connections(), 1U);
}

}  // namespace
}  // namespace respand::http
