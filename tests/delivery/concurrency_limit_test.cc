#include "delivery/concurrency_limit.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;

// A round trip with all slots taken.
void round_trip(ConcurrencyLimit& limit, std::optional<Duration> latency = std::nullopt, bool may_probe = true) {
  limit.reached();
  for (std::uint32_t i = limit.value(); i > 0; --i) {
    static_cast<void>(limit.succeeded(true, latency, may_probe));
  }
}

TEST(ConcurrencyLimit, DoublesAtFirst) {
  ConcurrencyLimit limit(256);
  std::vector<std::uint32_t> seen;
  for (int i = 0; i < 6; ++i) {
    seen.push_back(limit.value());
    round_trip(limit);
  }
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{10, 20, 40, 80, 160, 256}));
}

TEST(ConcurrencyLimit, NeverLeavesItsBounds) {
  for (const std::uint32_t most : {1U, 2U, 9U, 10U, 11U}) {
    ConcurrencyLimit limit(most);
    for (int i = 0; i < 100; ++i) {
      round_trip(limit);
      ASSERT_LE(limit.value(), most);
    }
    EXPECT_EQ(limit.value(), most);
    for (int i = 0; i < 100; ++i) {
      limit.refused(i % 3 != 0);
      ASSERT_GE(limit.value(), 1U);
    }
    EXPECT_EQ(limit.value(), 1U);
    limit.restart();
    EXPECT_EQ(limit.value(), 1U);
  }
}

TEST(ConcurrencyLimit, GrowsOnlyWhereItWasReached) {
  ConcurrencyLimit limit(256);
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(limit.succeeded(true, std::nullopt));
  }
  EXPECT_EQ(limit.value(), 10U);
  limit.reached();
  for (int i = 0; i < 1000; ++i) {
    static_cast<void>(limit.succeeded(true, std::nullopt));
  }
  EXPECT_EQ(limit.value(), 20U) << "one round trip's worth";
}

TEST(ConcurrencyLimit, OneRoundTripIsCutOnceAndByItsShareOfRefusals) {
  ConcurrencyLimit limit(256, 100);
  limit.refused(true);
  EXPECT_EQ(limit.value(), 90U);
  for (int i = 2; i <= 10; ++i) {
    limit.refused(false);
    EXPECT_EQ(limit.value(), 90U);
  }
  for (int i = 11; i <= 30; ++i) {
    limit.refused(false);
  }
  EXPECT_EQ(limit.value(), 70U);
  for (int i = 31; i <= 100; ++i) {
    limit.refused(false);
  }
  EXPECT_EQ(limit.value(), 50U) << "at most half";
}

TEST(ConcurrencyLimit, AddsOneARoundTripAfterACut) {
  ConcurrencyLimit limit(256, 40);
  limit.refused(true);
  const std::uint32_t after = limit.value();
  round_trip(limit);
  round_trip(limit);
  round_trip(limit);
  EXPECT_GE(limit.value(), after + 2);
  EXPECT_LE(limit.value(), after + 3);
}

TEST(ConcurrencyLimit, WithoutLeaveToProbeItGrowsToWhereItWasGoodOnly) {
  ConcurrencyLimit limit(256, 40);
  limit.refused(true);
  limit.restart();
  EXPECT_EQ(limit.value(), 10U);
  for (int i = 0; i < 100; ++i) {
    round_trip(limit, std::nullopt, false);
  }
  EXPECT_EQ(limit.value(), 36U);
  round_trip(limit);
  round_trip(limit);
  EXPECT_EQ(limit.value(), 37U);
}

TEST(ConcurrencyLimit, LateRefusalsAfterASilenceDoNotCount) {
  ConcurrencyLimit limit(256, 100);
  limit.refused(true);
  limit.restart();
  for (int i = 0; i < 100; ++i) {
    limit.refused(false);
  }
  for (int i = 0; i < 10; ++i) {
    round_trip(limit);
  }
  EXPECT_GE(limit.value(), 90U);
}

// Answers with all slots taken, until a measurement begins; false where none does.
bool begins_to_measure(ConcurrencyLimit& limit, Duration latency) {
  for (int i = 0; i < 1000; ++i) {
    limit.reached();
    if (limit.succeeded(true, latency)) {
      return true;
    }
  }
  return false;
}

TEST(ConcurrencyLimit, AQueueOfItsOwnIsCut) {
  ConcurrencyLimit limit(64, 64);
  EXPECT_FALSE(begins_to_measure(limit, milliseconds{30}));
  ASSERT_TRUE(begins_to_measure(limit, milliseconds{90}));
  EXPECT_EQ(limit.value(), 64U) << "it measures once more";
  ASSERT_TRUE(begins_to_measure(limit, milliseconds{90}));
  EXPECT_EQ(limit.value(), 44U);
  for (int i = 0; i < 44; ++i) {
    EXPECT_FALSE(limit.succeeded(true, milliseconds{63}));
  }
  EXPECT_EQ(limit.value(), 44U) << "it helped, and stays";
}

TEST(ConcurrencyLimit, LatencyThatWasOnlyAMomentIsNotCut) {
  ConcurrencyLimit limit(64, 64);
  EXPECT_FALSE(begins_to_measure(limit, milliseconds{30}));
  ASSERT_TRUE(begins_to_measure(limit, milliseconds{90}));
  EXPECT_FALSE(begins_to_measure(limit, milliseconds{30}));
  EXPECT_EQ(limit.value(), 64U);
}

TEST(ConcurrencyLimit, ACutThatBuysNothingIsUndone) {
  ConcurrencyLimit limit(64, 64);
  EXPECT_FALSE(begins_to_measure(limit, milliseconds{30}));
  ASSERT_TRUE(begins_to_measure(limit, milliseconds{500}));
  ASSERT_TRUE(begins_to_measure(limit, milliseconds{500}));
  EXPECT_EQ(limit.value(), 44U);
  EXPECT_FALSE(begins_to_measure(limit, milliseconds{500})) << "from now on that is usual";
  EXPECT_EQ(limit.value(), 64U);
}

TEST(ConcurrencyLimit, LatencyIsNotItsFaultWhileItIsNotReached) {
  ConcurrencyLimit limit(64, 64);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(limit.succeeded(true, i < 100 ? milliseconds{30} : milliseconds{500}));
  }
}

TEST(ConcurrencyLimit, FewMillisecondsAreNoise) {
  ConcurrencyLimit limit(64, 64);
  for (int i = 0; i < 1000; ++i) {
    limit.reached();
    EXPECT_FALSE(limit.succeeded(true, i < 100 ? Duration{200} : milliseconds{10}));
  }
}

}  // namespace
}  // namespace respand::delivery
