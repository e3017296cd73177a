// A batch that a full stream has refused goes on as soon as there is room.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

// A clustered stream keeps the id of what it has refused, and takes it for a message that it is still storing.
TEST(EdgeFull, AnIdThatAFullStreamHasRefusedIsGivenUp) {
  const std::string in_process = R"({"stream":"S", "seq":0,"duplicate": true})";
  for (const bool unsure : {false, true}) {
    SCOPED_TRACE(unsure ? "a time-out before: the stream may have it under the first id" : "refused, and nothing else");
    EdgeWorld fresh;
    fresh.boot();
    fresh.journal.add_many(3);
    fresh.linger();
    std::vector<std::string> ids;
    const auto answer = [&](const auto& words) {
      const auto requests = fresh.publications();
      ASSERT_THAT(requests, SizeIs(1));
      ids.emplace_back(nats::find_header(cat("NATS/1.0\r\n", requests[0].headers, "\r\n"), "Nats-Msg-Id"));
      fresh.client->answer(requests[0].id, words);
      fresh.step();
      fresh.clock.advance(seconds{20});
      fresh.step();
      fresh.step();
    };
    if (unsure) {
      answer(nats::ReplyResult::kTimeout);
    }
    answer(api_error(503, 10077));
    answer(in_process);
    answer(in_process);
    EXPECT_THAT(fresh.journal.acknowledged, IsEmpty());
    fresh.finish();
    EXPECT_THAT(fresh.journal.acknowledged, SizeIs(3));
    EXPECT_EQ(ids.front(), "0000000000000007-1-3");
    EXPECT_EQ(ids.back(), unsure ? "0000000000000007-1-3" : "0000000000000007-1-3-again1");
  }
}

}  // namespace
}  // namespace respand::fleet
