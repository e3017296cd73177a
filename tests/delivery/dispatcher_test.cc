// RecordDispatcher and RouteDispatcher, and WorkerPermits, which they use.
#include <gtest/gtest.h>

#include "delivery/record_dispatcher.h"
#include "delivery/route_dispatcher.h"
#include "parts.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr journal::WayId kOtlp = journal::way_of(ApiRoute::kOtlp);

struct Records : Parts {
  using Parts::Parts;
  RecordDispatcher dispatcher{context, 8, 0, lanes.records(), in_flight, worker_permits, sender};
};

// The records of another route, which its bodies go to as they came.
struct OtherRoutes : Parts {
  OtherRoutes() : Parts({}, std::nullopt, true) {}
  void add(std::uint64_t sequence) {
    journal::Ref ref = record(sequence).ref;
    ref.route = ApiRoute::kOtlp;
    ref.way = kOtlp;
    journal.routed[kOtlp].push_back(ref);
  }
  [[nodiscard]] RouteLane& lane() { return lanes.all()[kOtlp]; }

  RouteDispatcher dispatcher{context, client, lanes, in_flight, worker_permits, sender};
};

TEST(WorkerPermits, SlotsAreFreeWhenTheyAreReleased) {
  Parts parts;
  parts.upstream.reconfigure(1, {}, Retry{});
  const Permits permits = parts.worker_permits.admit(parts.upstream, parts.clock.mono());
  ASSERT_EQ(permits.slots, 1U);
  parts.worker_permits.answered(parts.upstream, permits.epoch, Verdict::kDelivered, status(200), parts.clock.mono(),
                                FailureSource::kUpstream);
  EXPECT_EQ(parts.upstream.state().in_flight, 1U) << "what was answered is not acknowledged yet";
  parts.worker_permits.release();
  EXPECT_EQ(parts.upstream.state().in_flight, 0U);
}

TEST(WorkerPermits, AskForNoMoreThanTheClientCanSend) {
  Parts parts;
  parts.client.most = 3;
  EXPECT_EQ(parts.worker_permits.room(), 3U);
  const Permits permits = parts.worker_permits.admit(parts.upstream, parts.clock.mono());
  EXPECT_EQ(permits.slots, 3U);
  parts.worker_permits.give_back(parts.upstream, permits, 3);
  EXPECT_EQ(parts.upstream.state().in_flight, 0U);
}

TEST(RecordDispatcher, TakesAsManyAsThereArePermitsFor) {
  Records records;
  records.client.most = 4;
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    records.journal.add(sequence, records.clock.wall());
  }
  const DispatchResult result = records.dispatcher.dispatch(records.clock.mono());
  EXPECT_EQ(records.in_flight.requests(), 4U);
  EXPECT_TRUE(result.used_all) << "another worker may go on";
  EXPECT_FALSE(records.lanes.any_awaits_more());
  EXPECT_EQ(records.journal.taken, 4U);
}

TEST(RecordDispatcher, AwaitsMoreWhereTheJournalHasNothing) {
  Records records;
  const DispatchResult result = records.dispatcher.dispatch(records.clock.mono());
  EXPECT_EQ(result.look_again, kNever);
  EXPECT_FALSE(result.used_all);
  EXPECT_TRUE(records.lanes.any_awaits_more());
  EXPECT_TRUE(records.dispatcher.may_wait());
  EXPECT_EQ(records.upstream.state().in_flight, 0U) << "its permits are given back";
  records.journal.add(1, records.clock.wall());
  EXPECT_FALSE(records.dispatcher.may_wait()) << "it came just before the wait";
}

TEST(RecordDispatcher, LooksAgainWhenTheNextRetryIsDue) {
  Records records;
  const MonoTime due = records.clock.mono() + seconds{3};
  records.lanes.add_retry(records.record(1), due);
  EXPECT_EQ(records.dispatcher.dispatch(records.clock.mono()).look_again, due);
  records.clock.advance(seconds{3});
  static_cast<void>(records.dispatcher.dispatch(records.clock.mono()));
  EXPECT_EQ(records.client.started[1], 1);
}

TEST(RecordDispatcher, NoMoreAreOpenThanMayBe) {
  Records records;
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
    records.journal.add(sequence, records.clock.wall());
  }
  static_cast<void>(records.dispatcher.dispatch(records.clock.mono()));
  EXPECT_EQ(records.in_flight.records(0), 8U);
  EXPECT_FALSE(records.lanes.any_awaits_more()) << "it could take none";
}

TEST(RouteDispatcher, SendsWhatGoesToAnotherRoute) {
  OtherRoutes other;
  other.add(1);
  other.add(2);
  static_cast<void>(other.dispatcher.dispatch(other.clock.mono()));
  EXPECT_EQ(other.in_flight.records(kOtlp), 2U);
  EXPECT_EQ(other.in_flight.records(0), 0U);
  EXPECT_EQ(other.routes.of(kOtlp).upstream.state().in_flight, 2U);
  EXPECT_TRUE(other.lane().awaits_more);
  EXPECT_TRUE(other.dispatcher.may_wait());
  other.add(3);
  EXPECT_FALSE(other.dispatcher.may_wait());
}

TEST(RouteDispatcher, ARouteThatIsPausedKeepsNoOtherFromItsPermits) {
  OtherRoutes other;
  UpstreamGate& upstream = other.routes.of(kOtlp).upstream;
  const Permits permits = upstream.admit(0, other.clock.mono(), 1);
  upstream.answered(0, permits.epoch, Verdict::kUpstreamWrong, status(404), other.clock.mono());
  upstream.release(0, {&permits.epoch, 1});
  other.add(1);
  const DispatchResult result = other.dispatcher.dispatch(other.clock.mono());
  EXPECT_EQ(other.in_flight.requests(), 0U);
  EXPECT_EQ(result.look_again, upstream.state().next_try);
  EXPECT_EQ(other.upstream.state().mode, Mode::kNormal);
}

TEST(RouteDispatcher, WithoutItsKeyNothingBeginsAndItIsSaid) {
  OtherRoutes other;
  other.client.keys_are_known = false;
  other.add(1);
  EXPECT_EQ(other.dispatcher.dispatch(other.clock.mono()).look_again, kNever);
  EXPECT_EQ(other.in_flight.requests(), 0U);
  EXPECT_TRUE(other.routes.of(kOtlp).keyless.load());
  other.client.keys_are_known = true;
  static_cast<void>(other.dispatcher.dispatch(other.clock.mono()));
  EXPECT_EQ(other.in_flight.records(kOtlp), 1U);
  EXPECT_FALSE(other.routes.of(kOtlp).keyless.load());
}

}  // namespace
}  // namespace respand::delivery
