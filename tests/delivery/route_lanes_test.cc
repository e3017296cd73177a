#include "delivery/route_lanes.h"

#include <gtest/gtest.h>

#include "parts.h"
#include "tests/delivery/start.h"

namespace respand::delivery {
namespace {

using std::chrono::seconds;

TEST(RouteLanes, OnlyTheRouteOfRecordsWithoutRoutes) {
  Parts parts;
  EXPECT_FALSE(parts.lanes.has_new());
  ASSERT_EQ(parts.lanes.all().size(), 1U);
  EXPECT_EQ(parts.lanes.records().route(), ApiRoute::kRecords);
  EXPECT_EQ(parts.lanes.records().key(), "");
  EXPECT_FALSE(parts.lanes.batches(parts.lanes.records()));
}

TEST(RouteLanes, EachRouteHasItsUpstreamAndLimits) {
  Parts parts({}, Batching::Settings{}, true);
  RouteLanes& lanes = parts.lanes;
  ASSERT_EQ(lanes.all().size(), kApiRoutes.size());
  RouteLane& spans = lanes.all()[journal::way_of(ApiRoute::kSpans)];
  EXPECT_EQ(&spans.upstream, &parts.routes.of(journal::way_of(ApiRoute::kSpans)).upstream);
  EXPECT_TRUE(spans.builder.has_value());
  EXPECT_FALSE(lanes.all()[journal::way_of(ApiRoute::kOtlp)].builder.has_value()) << "export requests go one by one";
  lanes.set_batch_path(false);
  EXPECT_TRUE(lanes.batches(spans)) << "their route takes arrays";
  EXPECT_FALSE(lanes.batches(lanes.records()));
  lanes.set_batch_path(true);
  EXPECT_TRUE(lanes.batches(lanes.records()));
  parts.batching.fall_back("for a test");
  EXPECT_FALSE(lanes.batches(lanes.records()));
}

TEST(RouteLanes, LargeRecordsAndThoseToGoAloneJoinNoBatch) {
  Parts parts({}, Batching::Settings{.max_records = 10, .max_bytes = mebibytes(16)});
  const RouteLane& route = parts.lanes.records();
  EXPECT_TRUE(parts.lanes.batches(route, parts.record(1, InFlightTable::kLarge - 1)));
  EXPECT_FALSE(parts.lanes.batches(route, parts.record(1, InFlightTable::kLarge)));
  Record alone = parts.record(1);
  alone.alone = true;
  EXPECT_FALSE(parts.lanes.batches(route, alone));
}

TEST(RouteLanes, ARetryGoesBackToItsLane) {
  Parts parts;
  Record fresh = parts.record(1);
  fresh.fresh = true;
  parts.lanes.add_retry(std::move(fresh), kStart + seconds{2});
  parts.lanes.add_retry(parts.record(2), kStart + seconds{1});
  RouteLane& route = parts.lanes.records();
  EXPECT_EQ(route.lane(LaneName::kFresh).records(), 1U);
  EXPECT_EQ(route.lane(LaneName::kBacklog).records(), 1U);
  EXPECT_EQ(parts.lanes.retries(), 2U);
  EXPECT_EQ(route.due(), kStart + seconds{1});
  parts.lanes.all_due(kStart);
  EXPECT_EQ(route.due(), kStart);
}

TEST(RouteLanes, ARecordIsTakenFromWhereverItWaits) {
  Parts parts({}, Batching::Settings{});
  RouteLane& route = parts.lanes.records();
  parts.lanes.add_retry(parts.record(1), kStart);
  route.lane(LaneName::kFresh).large_waiting.push_back(parts.record(2));
  static_cast<void>(route.builder->gather(parts.record(3), kStart));
  route.builder->put_half({parts.record(4), parts.record(5)}, kStart);
  EXPECT_EQ(route.waiting(), 5U);
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    const auto taken = parts.lanes.take(Sequence{sequence});
    ASSERT_TRUE(taken) << sequence;
    EXPECT_EQ(taken->ref.sequence, Sequence{sequence});
    EXPECT_FALSE(parts.lanes.take(Sequence{sequence})) << "taken once";
  }
  EXPECT_EQ(route.waiting(), 1U);
}

TEST(RouteLanes, ClosedTheyAwaitNothing) {
  Parts parts;
  parts.lanes.records().awaits_more = true;
  EXPECT_TRUE(parts.lanes.any_awaits_more());
  parts.lanes.close();
  EXPECT_FALSE(parts.lanes.any_awaits_more());
}

}  // namespace
}  // namespace respand::delivery
