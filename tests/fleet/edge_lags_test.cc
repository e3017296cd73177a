// How far behind edges are: bounded in number, and gone after a day.

#include "fleet/edge_lags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/text.h"
#include "tests/fleet/relay_world.h"

namespace respand::fleet {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const MonoTime kNoon{hours{12}};

TEST(EdgeLags, TheFurthestBehindComeFirst) {
  EdgeLags lags;
  lags.note("b", seconds{5}, kNoon);
  lags.note("a", seconds{7}, kNoon);
  lags.note("c", seconds{-3}, kNoon + seconds{1});
  lags.note("a", seconds{6}, kNoon + seconds{2});
  EXPECT_EQ(lags.size(), 3U);
  const auto two = lags.furthest_behind(2, kNoon + seconds{3});
  ASSERT_THAT(two, SizeIs(2));
  EXPECT_EQ(two[0].edge, "a");
  EXPECT_EQ(two[0].lag, Duration{seconds{6}});
  EXPECT_EQ(two[0].last, Duration{seconds{1}});
  EXPECT_EQ(two[1].edge, "b");
  EXPECT_EQ(lags.furthest_behind(9, kNoon).back().lag, Duration{0}) << "a clock that is ahead";
}

TEST(EdgeLags, NamesAreBoundedAndReadable) {
  EdgeLags lags;
  for (std::size_t i = 0; i < EdgeLags::kMost + 5; ++i) {
    lags.note(cat("host-", i), seconds{1}, kNoon);
  }
  EXPECT_EQ(lags.size(), EdgeLags::kMost);
  EXPECT_EQ(lags.all(kNoon).back().edge, "other");
  lags.note("host-1", seconds{9}, kNoon);
  EXPECT_EQ(lags.furthest_behind(1, kNoon)[0].edge, "host-1") << "one that is known stays itself";
  EdgeLags odd;
  odd.note("", seconds{1}, kNoon);
  odd.note(std::string("\xff\n\"") + std::string(300, 'x'), seconds{1}, kNoon);
  for (const EdgeLag& edge : odd.all(kNoon)) {
    EXPECT_LE(edge.edge.size(), EdgeLags::kLongestName + 8);
    EXPECT_THAT(edge.edge, Not(HasSubstr("\n")));
    EXPECT_FALSE(edge.edge.empty());
  }
}

TEST(EdgeLags, ASilentEdgeMakesRoom) {
  EdgeLags lags;
  for (std::size_t i = 0; i < EdgeLags::kMost; ++i) {
    lags.note(cat("host-", i), seconds{1}, kNoon);
  }
  lags.note("late", seconds{1}, kNoon + EdgeLags::kForget - seconds{1});
  EXPECT_FALSE(lags.furthest_behind(EdgeLags::kMost, kNoon).empty());
  lags.note("later", seconds{1}, kNoon + EdgeLags::kForget);
  EXPECT_EQ(lags.size(), 2U) << "other and later";
  lags.forget(kNoon + 2 * EdgeLags::kForget);
  EXPECT_EQ(lags.size(), 0U);
}

TEST(EdgeLags, ThePageShowsThemUntilTheyAreSilentForADay) {
  RelayWorld world;
  world.clock.advance(seconds{100});
  world.messages = {{message_of(1, 1, 3)}};
  ASSERT_TRUE(world.boot());
  world.run();
  const Duration age = world.clock.wall() - WallTime{Duration{1}};
  const std::string page = world.registry->expose();
  EXPECT_THAT(page, HasSubstr("respand_nats_edge_lag_seconds{edge=\"web-1\"} "));
  EXPECT_THAT(page, HasSubstr("respand_nats_edge_last_seconds{edge=\"web-1\"} 0\n"));
  RelayState state = world.relay->state();
  EXPECT_EQ(state.edges, 1U);
  ASSERT_THAT(state.furthest_behind, SizeIs(1));
  EXPECT_EQ(state.furthest_behind[0].edge, "web-1");
  EXPECT_EQ(state.furthest_behind[0].lag, age) << "the oldest record was received a microsecond after 1970 began";
  world.clock.advance(seconds{30});
  EXPECT_THAT(world.registry->expose(), HasSubstr("respand_nats_edge_last_seconds{edge=\"web-1\"} 30\n"));
  // A copy says nothing new.
  world.messages.push_back({message_of(1, 1, 3)});
  world.run();
  EXPECT_THAT(world.registry->expose(), HasSubstr("respand_nats_edge_last_seconds{edge=\"web-1\"} 30\n"));
  world.clock.advance(EdgeLags::kForget);
  EXPECT_THAT(world.registry->expose(), Not(HasSubstr("web-1")));
  EXPECT_EQ(world.relay->state().edges, 0U);
}

}  // namespace
}  // namespace respand::fleet
