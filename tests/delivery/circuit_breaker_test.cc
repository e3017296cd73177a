// The circuit by itself: when it slows down, becomes suspicious, opens, is held, is paused, and recovers. What the
// upstream gate makes of it is in upstream_gate_test.cc.
#include "delivery/circuit_breaker.h"

#include <gtest/gtest.h>

#include "answers.h"
#include "tests/delivery/start.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kMost = 64;

class CircuitTest : public ::testing::Test {
 protected:
  void fail(int times = 1, const http::Answer& answer = status(503)) {
    for (int i = 0; i < times; ++i) {
      circuit.failed(true, answer, now, FailureSource::kUpstream);
    }
  }
  // Fails until it is open.
  void open() {
    fail(FailureStreak::kToSuspect + FailureStreak::kSinglesToOpen);
    ASSERT_EQ(circuit.mode(), Mode::kOpen);
    (void)circuit.take_effect();
    (void)circuit.take_notice();
  }
  MonoTime now = kStart;
  CircuitBreaker circuit{Retry{}, 1};
};

TEST_F(CircuitTest, BeginsNormal) {
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
  EXPECT_EQ(circuit.limit(kMost), kMost);
  EXPECT_LE(circuit.gate(now, false), now);
  EXPECT_TRUE(circuit.reason().empty());
  EXPECT_EQ(circuit.take_notice().event, nullptr);
}

TEST_F(CircuitTest, FailuresInARowHalveThePlacesAndOneSuccessGivesThemBack) {
  fail(FailureStreak::kToSlow - 1);
  EXPECT_EQ(circuit.limit(kMost), kMost) << "one below";
  fail();
  EXPECT_EQ(circuit.limit(kMost), kMost / 2);
  fail();
  EXPECT_EQ(circuit.limit(kMost), kMost / 4);
  fail(5);
  EXPECT_EQ(circuit.limit(kMost), 1U) << "never none";
  circuit.alive(true, kMost);
  EXPECT_EQ(circuit.limit(kMost), kMost);
}

TEST_F(CircuitTest, ASuccessInBetweenOpensNothing) {
  for (int i = 0; i < 100; ++i) {
    fail(FailureStreak::kToSuspect - 1);
    circuit.alive(true, kMost);
  }
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
  EXPECT_FALSE(circuit.suspicious());
}

TEST_F(CircuitTest, AsksOneByOneBeforeItOpens) {
  fail(FailureStreak::kToSuspect - 1);
  EXPECT_FALSE(circuit.suspicious());
  fail();
  EXPECT_TRUE(circuit.suspicious());
  EXPECT_EQ(circuit.limit(kMost), 1U);
  EXPECT_EQ(circuit.take_effect().overload, CircuitBreaker::Effect::Overload::kFirst);
  fail(FailureStreak::kSinglesToOpen - 1);
  EXPECT_EQ(circuit.mode(), Mode::kNormal) << "one below";
  fail();
  EXPECT_EQ(circuit.mode(), Mode::kOpen);
  EXPECT_GT(circuit.next_try(), now);
  EXPECT_EQ(circuit.take_notice().level, log::Level::kWarning);
  EXPECT_NE(circuit.reason().find("503"), std::string::npos);
}

TEST_F(CircuitTest, LateFailuresOfBeforeAreNoDoubt) {
  fail(FailureStreak::kToSuspect);
  for (int i = 0; i < 100; ++i) {
    circuit.failed(false, status(503), now, FailureSource::kUpstream);
  }
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
}

TEST_F(CircuitTest, ARecordsOwnFailureIsNoneOfTheApi) {
  for (int i = 0; i < 100; ++i) {
    circuit.failed(true, status(503), now, FailureSource::kRecord);
  }
  EXPECT_EQ(circuit.limit(kMost), kMost);
  for (int i = 0; i < 100; ++i) {  // nobody has read the record, so the record can't be at fault
    circuit.failed(true, failed(http::Failure::kConnect), now, FailureSource::kRecord);
  }
  EXPECT_EQ(circuit.mode(), Mode::kOpen);
}

TEST_F(CircuitTest, ProbesAtGrowingIntervalsButNoLongerThanTheLongest) {
  open();
  Duration longest{0};
  for (int i = 0; i < 50; ++i) {
    now = circuit.next_try();
    EXPECT_EQ(circuit.limit(kMost), 1U);
    fail();
    longest = std::max(longest, circuit.next_try() - now);
    EXPECT_LE(circuit.next_try() - now, AttemptTimer::kLongestProbe);
  }
  EXPECT_GE(longest, AttemptTimer::kLongestProbe / 2);
}

TEST_F(CircuitTest, ALateAnswerDoesNotCloseIt) {
  open();
  circuit.alive(false, kMost);
  EXPECT_EQ(circuit.mode(), Mode::kOpen);
  circuit.alive(true, kMost);
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen);
}

TEST_F(CircuitTest, ComesBackInDoublings) {
  open();
  circuit.alive(true, kMost);
  EXPECT_STREQ(circuit.take_notice().event, "delivery resumed");
  for (std::uint32_t slots = 2; slots < kMost; slots *= 2) {
    EXPECT_EQ(circuit.mode(), Mode::kHalfOpen) << slots;
    EXPECT_EQ(circuit.limit(kMost), slots);
    circuit.alive(true, kMost);
  }
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
  EXPECT_TRUE(circuit.reason().empty());
  EXPECT_EQ(circuit.take_notice().event, nullptr) << "said once";
}

TEST_F(CircuitTest, HalfOpenFailuresInARowOpenItAgain) {
  open();
  circuit.alive(true, kMost);
  fail(FailureStreak::kToReopen - 1);
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen);
  circuit.alive(true, kMost);
  fail(FailureStreak::kToReopen - 1);
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen) << "a success in between";
  fail();
  EXPECT_EQ(circuit.mode(), Mode::kOpen);
}

TEST_F(CircuitTest, AHoldIsKeptWithoutASecondOnTop) {
  circuit.refused(true, status(429, {}, seconds{30}), now);
  EXPECT_EQ(circuit.mode(), Mode::kHeld);
  EXPECT_EQ(circuit.limit(kMost), 0U);
  const MonoTime until = circuit.next_try();
  EXPECT_GE(until, now + seconds{30}) << "Retry-After is a floor";
  EXPECT_LE(until, now + seconds{30} + seconds{3} + Retry{}.initial);
  circuit.refused(true, status(429, {}, seconds{10}), now);
  EXPECT_EQ(circuit.next_try(), until) << "a shorter one shortens nothing";
  circuit.refused(true, status(429, {}, seconds{60}), now);
  EXPECT_GE(circuit.next_try(), now + seconds{60});
}

TEST_F(CircuitTest, AHoldThatIsOverIsLeftAtOnceWhereAPaceIsKnown) {
  circuit.refused(true, status(429, {}, seconds{1}), now);
  EXPECT_GT(circuit.gate(now, true), now);
  EXPECT_EQ(circuit.mode(), Mode::kHeld);
  now = circuit.next_try();
  EXPECT_LE(circuit.gate(now, true), now);
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
}

TEST_F(CircuitTest, AndCarefullyWhereNoneIs) {
  circuit.refused(true, status(429, {}, seconds{1}), now);
  now = circuit.next_try();
  (void)circuit.gate(now, false);
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen);
  EXPECT_EQ(circuit.limit(kMost), 1U);
}

TEST_F(CircuitTest, ARefusalWithoutATimeSaysThatItIsThere) {
  circuit.refused(true, status(429), now);
  EXPECT_EQ(circuit.mode(), Mode::kNormal);
  open();
  circuit.refused(true, status(429), now);
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen);
}

TEST_F(CircuitTest, AWrongKeyPausesAndIsSaidOnce) {
  circuit.wrong(true, status(401), now);
  EXPECT_EQ(circuit.mode(), Mode::kPaused);
  EXPECT_EQ(circuit.take_notice().level, log::Level::kError);
  EXPECT_GT(circuit.next_try(), now);
  now = circuit.next_try();
  circuit.wrong(true, status(401), now);
  EXPECT_EQ(circuit.take_notice().event, nullptr) << "the same again";
  circuit.wrong(true, status(404), now);
  EXPECT_NE(circuit.take_notice().event, nullptr) << "another";
  circuit.wrong(false, status(401), now);
  EXPECT_EQ(circuit.take_notice().event, nullptr) << "late";
}

TEST_F(CircuitTest, TheOperatorEndsWhateverItWaitsFor) {
  open();
  circuit.resume();
  EXPECT_EQ(circuit.mode(), Mode::kHalfOpen);
  EXPECT_LE(circuit.gate(now, false), now);
  EXPECT_TRUE(circuit.take_effect().gate_lifted);
}

TEST_F(CircuitTest, TheLastErrorStays) {
  fail();
  circuit.alive(true, kMost);
  EXPECT_NE(circuit.last_error().find("503"), std::string::npos);
}

}  // namespace
}  // namespace respand::delivery
