// Bodies for other routes than that of records: each route has references of its own, in order, even if another route's
// are not taken, and after restarts.

#include <gtest/gtest.h>

#include <array>

#include "journal/route_backlog.h"
#include "respand/journal/attributes.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using Texts = std::vector<std::string>;

// A route's ring is small, so that it falls behind.
constexpr std::size_t kManyBodies = 3 * RouteBacklog::kReferences;

class RouteBacklogTest : public testing::Test {
 protected:
  static Settings settings() {
    Settings settings = small_settings();
    settings.segment_size = Bytes{64 * 1024};
    settings.max_size = Bytes{std::uint64_t{64} << 20};
    return settings;
  }
  static void put(Life& life, ApiRoute route, const Texts& bodies, std::string_view attributes = {}) {
    std::size_t size = 0;
    for (const std::string& body : bodies) {
      size += Batch::encoded_size(attributes.size(), body.size());
    }
    auto batch = std::make_unique<Batch>(life.producer, size);
    for (const std::string& body : bodies) {
      const Kind kind = is_spans(route)                               ? Kind::kSpan
                        : is_otlp(route)                              ? Kind::kRequest
                        : find_attribute(attributes, Tag::kKey) != "" ? Kind::kKeyed
                                                                      : Kind::kCompletion;
      body.copy(batch->begin(kind, life.clock.wall(), attributes, body.size(), Deliver::kYes, route), body.size());
      batch->end(body.size());
    }
    ASSERT_TRUE(life.journal->writer().offer(batch));
    static_cast<void>(life.journal->step());
  }
  static void put_many(Life& life, ApiRoute route, std::size_t from, std::size_t count) {
    Texts bodies;
    for (std::size_t number = from; number < from + count; ++number) {
      bodies.push_back(body_of(number));
    }
    put(life, route, bodies);
  }
  static std::string body_of(std::size_t number) { return cat("{\"n\":", number, "}"); }
  // All that can be taken of a route now, acknowledged.
  static Texts take(Life& life, ApiRoute route) { return take(life, way_of(route)); }
  static Texts take(Life& life, WayId way) {
    Texts taken;
    for (bool more = true; more;) {
      more = false;
      for (Ref ref; life.journal->reader().take_routed(way, ref); more = true) {
        EXPECT_EQ(ref.way, way);
        EXPECT_EQ(ref.route, life.journal->reader().way(way).route);
        std::string attributes;
        std::string payload;
        EXPECT_TRUE(life.journal->reader().append_request(ref, attributes, payload));
        taken.push_back(payload);
        const Ack done{ref.sequence, ref.length};
        EXPECT_EQ(life.journal->reader().acknowledge({&done, 1}), 1U);
      }
      static_cast<void>(life.journal->step());
      static_cast<void>(life.journal->step());
    }
    return taken;
  }
  static Texts numbers(std::size_t from, std::size_t count) {
    Texts bodies;
    for (std::size_t number = from; number < from + count; ++number) {
      bodies.push_back(body_of(number));
    }
    return bodies;
  }

  static void put_keyed(Life& life, ApiRoute route, const std::string& key, const Texts& bodies) {
    std::array<char, 80> memory{};
    AttributeWriter list(memory.data(), memory.size());
    key.copy(list.begin(Tag::kKey, key.size()), key.size());
    list.end(key.size());
    put(life, route, bodies, list.list());
  }
  // Which way it is; 0: not known.
  static WayId way_of_key(Life& life, ApiRoute route, std::string_view key) {
    for (std::size_t id = 1; id < life.journal->reader().ways(); ++id) {
      const Way way = life.journal->reader().way(static_cast<WayId>(id));
      if (way.route == route && way.key == key) {
        return static_cast<WayId>(id);
      }
    }
    return 0;
  }

  fs::FaultFileSystem fs_;
};

TEST_F(RouteBacklogTest, EachKeyHasAWayOfItsOwn) {
  Life life(fs_, settings());
  put_keyed(life, ApiRoute::kRecords, "prod", {"record of prod"});
  put(life, ApiRoute::kRecords, {"record"});
  put_keyed(life, ApiRoute::kOtlp, "prod", {"otlp of prod"});
  put_keyed(life, ApiRoute::kRecords, "test", {"record of test"});
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "prod")), Texts{"record of prod"});
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "test")), Texts{"record of test"});
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kOtlp, "prod")), Texts{"otlp of prod"});
  EXPECT_EQ(take(life, ApiRoute::kOtlp), Texts{});
  const auto records = life.take_all();
  ASSERT_EQ(records.size(), 1U) << "the way of the configuration's key has its own only";
  EXPECT_EQ(records.begin()->second, "record");
}

// The keys of bodies that wait are found by reading the journal, even if more come in meanwhile.
TEST_F(RouteBacklogTest, AStartFindsTheKeysOfWhatWaits) {
  {
    Life life(fs_, settings());
    for (std::size_t n = 0; n < kManyBodies; ++n) {
      put_keyed(life, ApiRoute::kRecords, n % 2 == 0 ? "prod" : "test", {body_of(n)});
      put(life, ApiRoute::kRecords, {"between"});
    }
    life.journal->stop();
  }
  Life life(fs_, settings());
  ASSERT_FALSE(life.failure);
  put_keyed(life, ApiRoute::kRecords, "test", {"last of test"});
  put_keyed(life, ApiRoute::kRecords, "new", {"first of new"});
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(life.journal->step());
  }
  Texts even;
  Texts odd;
  for (std::size_t n = 0; n < kManyBodies; ++n) {
    (n % 2 == 0 ? even : odd).push_back(body_of(n));
  }
  odd.emplace_back("last of test");
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "prod")), even);
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "test")), odd);
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "new")), Texts{"first of new"});
}

TEST_F(RouteBacklogTest, AKeyThatIsNotTakenIsReadBackLater) {
  Life life(fs_, settings());
  for (std::size_t from = 0; from < kManyBodies; from += 256) {
    Texts bodies = numbers(from, 256);
    put_keyed(life, ApiRoute::kRecords, "prod", bodies);
    put_keyed(life, ApiRoute::kRecords, "test", {bodies.front()});
  }
  EXPECT_EQ(take(life, way_of_key(life, ApiRoute::kRecords, "prod")), numbers(0, kManyBodies));
}

TEST_F(RouteBacklogTest, EachGoesToTheReaderOfItsRoute) {
  Life life(fs_, settings());
  put(life, ApiRoute::kOtlp, {"otlp"});
  put(life, ApiRoute::kRecords, {"record"});
  put(life, ApiRoute::kSpans, {"span 1", "span 2"});
  EXPECT_EQ(take(life, ApiRoute::kSpans), (Texts{"span 1", "span 2"}));
  EXPECT_EQ(take(life, ApiRoute::kOtlpV1), Texts{});
  EXPECT_EQ(take(life, ApiRoute::kOtlp), Texts{"otlp"});
  const auto records = life.take_all();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records.begin()->second, "record");
}

TEST_F(RouteBacklogTest, AttributesAreGivenWithTheBody) {
  Life life(fs_, settings());
  std::array<char, 64> memory{};
  AttributeWriter list(memory.data(), memory.size());
  const std::string_view query = "a=b";
  query.copy(list.begin(Tag::kQuery, query.size()), query.size());
  list.end(query.size());
  put(life, ApiRoute::kOtlp, {"body"}, list.list());
  Ref ref;
  ASSERT_TRUE(life.journal->reader().take_routed(way_of(ApiRoute::kOtlp), ref));
  std::string attributes;
  std::string payload;
  ASSERT_TRUE(life.journal->reader().append_request(ref, attributes, payload));
  EXPECT_EQ(payload, "body");
  EXPECT_EQ(find_attribute(attributes, Tag::kQuery), query);
}

TEST_F(RouteBacklogTest, ARouteThatIsNotTakenHoldsUpNoOther) {
  Life life(fs_, settings());
  for (std::size_t round = 0; round < 30; ++round) {
    put_many(life, ApiRoute::kOtlp, round * 100, kManyBodies / 30 + 1);
    put_many(life, ApiRoute::kSpans, round, 1);
    put(life, ApiRoute::kRecords, {body_of(round)});
    EXPECT_EQ(take(life, ApiRoute::kSpans), numbers(round, 1));
    EXPECT_EQ(life.take_all().size(), 1U);
  }
}

TEST_F(RouteBacklogTest, WhatIsTooMuchForMemoryIsReadBackInOrder) {
  Life life(fs_, settings());
  for (std::size_t from = 0; from < kManyBodies; from += 256) {
    put_many(life, ApiRoute::kOtlp, from, 256);
    put(life, ApiRoute::kRecords, {"between"});
  }
  EXPECT_EQ(take(life, ApiRoute::kOtlp), numbers(0, kManyBodies));
  put_many(life, ApiRoute::kOtlp, kManyBodies, 10);
  EXPECT_EQ(take(life, ApiRoute::kOtlp), numbers(kManyBodies, 10)) << "it has caught up";
}

TEST_F(RouteBacklogTest, AStartGivesWhatWasNotAcknowledged) {
  std::size_t taken = 0;
  {
    Life life(fs_, settings());
    for (std::size_t from = 0; from < kManyBodies; from += 256) {
      put_many(life, ApiRoute::kSpans, from, 256);
      put_many(life, ApiRoute::kOtlp, from, 256);
    }
    for (Ref ref; taken < 700 && life.journal->reader().take_routed(way_of(ApiRoute::kSpans), ref); ++taken) {
      const Ack done{ref.sequence, ref.length};
      life.journal->reader().acknowledge({&done, 1});
    }
    life.journal->stop();
  }
  Life life(fs_, settings());
  ASSERT_FALSE(life.failure);
  static_cast<void>(life.journal->step());
  EXPECT_EQ(take(life, ApiRoute::kSpans), numbers(taken, kManyBodies - taken));
  EXPECT_EQ(take(life, ApiRoute::kOtlp), numbers(0, kManyBodies));
  EXPECT_EQ(life.journal->snapshot().backlog_records, 0U);
}

// What a later version writes for a route of its own: like an unknown kind.
TEST_F(RouteBacklogTest, AnUnknownRouteIsRefusedAtAStart) {
  {
    Life life(fs_, settings());
    put(life, static_cast<ApiRoute>(kApiRoutes.size()), {"later"});
    life.journal->stop();
  }
  Life life(fs_, settings());
  ASSERT_TRUE(life.failure);
  EXPECT_EQ(life.failure->code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace respand::journal
