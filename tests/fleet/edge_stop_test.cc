// A stop of an edge waits for what is left to publish, and for nothing else.

#include <gtest/gtest.h>

#include "tests/fleet/edge_world.h"

namespace respand::fleet {
namespace {

// The clock stands still here: a stop that waited for the drain time would never end.
TEST(EdgeStop, WithNothingLeftEndsAtOnce) {
  for (const bool kept_wait : {false, true}) {
    EdgeWorld world;
    world.settings.keep = {std::chrono::hours{24}, std::uint64_t{1} << 20};
    world.boot();
    world.learn();
    world.journal.add_many(3);
    world.linger();
    world.store_all();
    ASSERT_EQ(world.journal.open(), 0U);
    if (kept_wait) {
      world.stream = StreamDouble{};
      world.stream.created = "2026-11-29T22:00:00Z";
      world.clock.advance(StreamWatch::kInterval);
      world.learn();
      ASSERT_TRUE(world.edge->state().republishing.runs);
    }
    world.client->go_down();
    world.step();
    world.edge->start();
    world.edge->stop();
    EXPECT_EQ(world.edge->state().republishing.runs, kept_wait) << "the next start goes on with it";
  }
}

}  // namespace
}  // namespace respand::fleet
