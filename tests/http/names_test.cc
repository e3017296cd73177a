// A destination whose name comes to mean another address, while it is in use.

#include <gtest/gtest.h>

#include "h2_frames.h"
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

void serve_h2(Peer& peer) {
  frames::Conversation with(peer);
  while (const auto stream = with.request()) {
    with.send(frames::answer(*stream));
  }
}

// By libcurl over HTTP/1.1, and by the engine for HTTP/2, which asks for addresses on a thread of its own.
class NamesTest : public testing::TestWithParam<Version> {};

INSTANTIATE_TEST_SUITE_P(Engines, NamesTest, testing::Values(Version::k11, Version::k2PriorKnowledge),
                         [](const auto& one) { return one.param == Version::k11 ? "Http11" : "Http2"; });

TEST_P(NamesTest, AChangeIsFollowedWithoutAFailure) {
  test::OwnHosts hosts("127.0.0.2 api.test\n");
  if (!hosts.why_not().empty()) {
    GTEST_SKIP() << "this test mounts an /etc/hosts, which needs root: " << hosts.why_not();
  }
  const auto script = GetParam() == Version::k11 ? serve : serve_h2;
  const RawServer before(script, {.address = "127.0.0.2"});
  const RawServer after(script, {.address = "127.0.0.3", .port = before.port()});
  Target target = target_to(cat("http://api.test:", before.port()));
  target.version = GetParam();
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

TEST(Names, ANameOfNobodyIsToldApart) {
  Target target = target_to("http://no-such-host.invalid/");
  target.version = Version::k2PriorKnowledge;
  Harness harness(target);
  const Answer answer = harness.one();
  EXPECT_EQ(answer.failure, Failure::kResolve) << answer.detail;
  EXPECT_FALSE(answer.detail.empty());
}

}  // namespace
}  // namespace respand::http
