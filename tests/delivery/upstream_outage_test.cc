// UpstreamGate while the API fails, asks for silence, or is the wrong one: what is held back, and when delivery goes
// on.
#include <gtest/gtest.h>

#include <vector>

#include "upstream_gate_fixture.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

using UpstreamOutageTest = UpstreamGateTest;

TEST_F(UpstreamOutageTest, ARecordThatOthersHaveOvertakenIsNoSignOfAnOutage) {
  make(8);
  const auto one_suspect = [&](const http::Answer& with) {
    const Permits permits = admit(1);
    ASSERT_EQ(permits.slots, 1U);
    answer(permits, with, 0, FailureSource::kRecord);
  };
  for (int i = 0; i < 200; ++i) {
    one_suspect(i % 2 == 0 ? status(500) : failed(http::Failure::kTimeout));
    ASSERT_EQ(mode(), Mode::kNormal);
  }
  // If nobody listens at the other end, the record can't be at fault.
  while (mode() == Mode::kNormal) {
    const Permits permits = admit(1);
    now = permits.slots == 0 ? permits.look_again : now;
    if (permits.slots == 1) {
      const http::Answer none = failed(http::Failure::kConnect);
      answer(permits, none, 0, FailureSource::kRecord);
    }
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

TEST_F(UpstreamOutageTest, OneErrorHoldsNobodyBack) {
  make(10);
  const Permits permits = admit(1);
  answer(permits, status(500));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_EQ(admit(100).slots, 10U) << "at once, and no fewer";
}

// Every other request fails at random, so that many failures follow each other now and then. Nothing is held back.
TEST_F(UpstreamOutageTest, FailuresThatAreHalfOfAllCloseNothing) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    make(32);
    SeededRandom random(seed);
    std::vector<Permits> flying;
    std::uint64_t sent = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += milliseconds{1};
      const Permits permits = admit(32);
      for (std::uint32_t n = 0; n < permits.slots; ++n) {
        flying.push_back(permits);
      }
      sent += permits.slots;
      const std::size_t at = random.below(flying.size());
      answer(flying[at], status(random.below(2) == 0 ? 200 : 503));
      flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(at));
      ASSERT_EQ(mode(), Mode::kNormal);
    }
    EXPECT_GE(sent, 19'000U) << seed;
  }
}

TEST_F(UpstreamOutageTest, FailuresInARowSlowItDownOneByOne) {
  make(64);
  const Permits permits = admit(64);
  answers(permits, FailureStreak::kToSlow - 1, status(503));
  EXPECT_EQ(admit(100).slots, 7U) << "so many in a row happen by chance";
  answers(permits, 1, status(503));
  EXPECT_EQ(admit(100).slots, 0U) << "the next do not take the slots of those that failed";
  answers(permits, 1, status(200));
  EXPECT_EQ(admit(100).slots, 2U);
}

// One answer that fails says little; an API that is asked one at a time, and fails again and again, is down.
TEST_F(UpstreamOutageTest, TheCircuitOpensWhenNothingGetsThrough) {
  make(100);
  std::uint32_t failures = 0;
  while (mode() == Mode::kNormal) {
    one(failures % 2 == 0 ? status(503) : failed(http::Failure::kTimeout));
    ++failures;
  }
  EXPECT_EQ(failures, FailureStreak::kToSuspect + FailureStreak::kSinglesToOpen);
  EXPECT_EQ(mode(), Mode::kOpen);
  EXPECT_EQ(upstream->state().limit, 1U);
  EXPECT_EQ(upstream->state().reason, "503");
}

TEST_F(UpstreamOutageTest, ProbesOneAtATimeAtGrowingIntervals) {
  make(256);
  break_it();
  Duration slowest{0};
  for (int probe = 0; probe < 20; ++probe) {
    const Permits early = admit(256);
    ASSERT_EQ(early.slots, 0U);
    const Duration interval = early.look_again - now;
    EXPECT_LE(interval, AttemptTimer::kLongestProbe);
    slowest = std::max(slowest, interval);
    now = early.look_again - Duration{1};
    EXPECT_EQ(admit(256).slots, 0U);
    now += Duration{1};
    const Permits permits = admit(256);
    EXPECT_EQ(permits.slots, 1U);
    EXPECT_TRUE(permits.probing);
    EXPECT_EQ(admit(256).slots, 0U) << "a second probe beside the first";
    answer(permits, failed(http::Failure::kConnect));
    EXPECT_EQ(mode(), Mode::kOpen);
  }
  EXPECT_GE(slowest, AttemptTimer::kLongestProbe / 2);
}

// 256 requests in flight that fail together are one event and no proof. A few more, one at a time, tell an API that is
// down from one that had too much at once.
TEST_F(UpstreamOutageTest, FailuresTogetherAreNoProof) {
  for (const int code : {200, 503}) {
    make(256);
    const Permits permits = admit(256);
    answers(permits, 256, status(503));
    for (std::uint32_t i = 0; i < FailureStreak::kSinglesToOpen; ++i) {
      EXPECT_EQ(mode(), Mode::kNormal);
      const Permits refused = admit(256);
      ASSERT_EQ(refused.slots, 0U);
      EXPECT_LE(refused.look_again - now, seconds{1});
      now = refused.look_again;
      const Permits one_more = admit(256);
      EXPECT_EQ(one_more.slots, 1U);
      EXPECT_TRUE(one_more.probing);
      answer(one_more, status(code));
      if (code == 200) {
        break;
      }
    }
    EXPECT_EQ(mode(), code == 200 ? Mode::kNormal : Mode::kOpen);
    EXPECT_GE(upstream->state().limit, code == 200 ? 128U : 1U);
  }
}

TEST_F(UpstreamOutageTest, RecoversInDoublings) {
  make(100);
  while (mode() == Mode::kNormal) {
    one(failed(http::Failure::kConnect));
  }
  now = admit(1).look_again;
  answer(admit(1), status(200));
  EXPECT_EQ(mode(), Mode::kHalfOpen);
  std::vector<std::uint32_t> rounds;
  while (rounds.empty() || rounds.back() < 100) {
    const Permits permits = admit(1000);
    rounds.push_back(permits.slots);
    for (std::uint32_t i = 0; i < permits.slots; ++i) {
      answer(permits, status(200));
    }
    ASSERT_LE(rounds.size(), 10U);
  }
  EXPECT_EQ(rounds, (std::vector<std::uint32_t>{2, 8, 17, 34, 68, 100}));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_EQ(upstream->state().reason, "");
  EXPECT_EQ(upstream->state().last_error, "connect: for a test");
}

TEST_F(UpstreamOutageTest, FailuresInARowWhileHalfOpenOpenItAgain) {
  make(100);
  break_it();
  one(status(200));
  for (std::uint32_t i = 0; i < FailureStreak::kToReopen; ++i) {
    ASSERT_EQ(mode(), Mode::kHalfOpen) << "one alone may be a stray";
    one(status(500));
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

TEST_F(UpstreamOutageTest, LateAnswersSayNothingOfThePresent) {
  make(100);
  const Permits old = admit(50);
  answers(old, FailureStreak::kToSuspect, status(503));
  break_it();
  ASSERT_EQ(mode(), Mode::kOpen);
  const MonoTime probe = admit(1).look_again;
  answer(old, status(200));
  EXPECT_EQ(mode(), Mode::kOpen) << "began before the outage";
  answer(old, status(503));
  EXPECT_EQ(admit(1).look_again, probe);
  now = probe;
  answer(admit(1), status(200));
  ASSERT_EQ(mode(), Mode::kHalfOpen);
  answer(old, status(503));
  answer(old, status(401));
  EXPECT_EQ(mode(), Mode::kHalfOpen);
}

TEST_F(UpstreamOutageTest, RetryAfterHoldsBackAll) {
  make(100);
  const Permits permits = admit(10);
  answer(permits, status(429, {}, seconds{30}));
  EXPECT_EQ(mode(), Mode::kHeld);
  for (int i = 0; i < 8; ++i) {
    answer(permits, status(200));
  }
  const Permits refused = admit(10);
  EXPECT_EQ(refused.slots, 0U);
  EXPECT_GE(refused.look_again - now, seconds{30});
  EXPECT_LE(refused.look_again - now, seconds{40});
  now += seconds{30} - Duration{1};
  EXPECT_EQ(admit(10).slots, 0U);
  now = refused.look_again;
  EXPECT_LE(admit(10).slots, 1U) << "a careful start";
}

TEST_F(UpstreamOutageTest, ALaterRetryAfterProlongsTheHold) {
  make(100);
  const Permits permits = admit(10);
  answer(permits, status(429, {}, seconds{5}));
  answer(permits, status(503, {}, seconds{60}));
  answer(permits, status(429, {}, seconds{1}));
  EXPECT_GE(admit(1).look_again - now, seconds{60});
}

TEST_F(UpstreamOutageTest, ARetryAfterOfZeroIsAnOrdinaryFailure) {
  make(100);
  answer(admit(1), status(429, {}, Duration{0}));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_LE(admit(1).look_again - now, milliseconds{250});
}

TEST_F(UpstreamOutageTest, AWrongKeyPausesAtOnce) {
  make(100);
  const Permits permits = admit(100);
  answer(permits, status(401, "no such key"));
  EXPECT_EQ(mode(), Mode::kPaused);
  EXPECT_EQ(upstream->state().reason, "401: no such key");
  for (int i = 0; i < 99; ++i) {
    answer(permits, status(200));
  }
  EXPECT_EQ(mode(), Mode::kPaused) << "answers to requests from before";
  const Permits refused = admit(1);
  EXPECT_GE(refused.look_again - now, milliseconds{500});
  EXPECT_LE(refused.look_again - now, seconds{1});
}

TEST_F(UpstreamOutageTest, EveryWrongDestinationPauses) {
  for (const http::Answer& wrong : {status(302), status(402), status(403), status(404), status(405),
                                    failed(http::Failure::kResolve), failed(http::Failure::kCertificate)}) {
    make(10);
    answer(admit(1), wrong);
    EXPECT_EQ(mode(), Mode::kPaused) << describe(wrong);
  }
}

TEST_F(UpstreamOutageTest, APauseProbesUpToTheLongestInterval) {
  make(100);
  one(status(404));
  Duration last{0};
  for (int i = 0; i < 12; ++i) {
    last = one(status(404));
    EXPECT_EQ(mode(), Mode::kPaused);
  }
  EXPECT_GE(last, seconds{30});
  EXPECT_LE(last, seconds{60});
}

TEST_F(UpstreamOutageTest, APauseEndsByAnyAnswerThatConcernsTheRecord) {
  for (const int code : {200, 201, 204, 400, 413, 422}) {
    make(100);
    one(status(401));
    one(status(code));
    EXPECT_EQ(mode(), Mode::kHalfOpen) << code;
  }
  for (const int code : {503, 429, 408, 403}) {
    make(100);
    one(status(401));
    one(status(code));
    EXPECT_EQ(mode(), Mode::kPaused) << code;
  }
}

TEST_F(UpstreamOutageTest, ResumeTriesAtOnceAndWakes) {
  make(100, 2);
  one(status(401));
  EXPECT_EQ(admit(5, 1).slots, 0U);
  upstream->resume(now, false);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(mode(), Mode::kHalfOpen);
  EXPECT_EQ(admit(5, 1).slots, 1U);
}

// A reload is the operator's word that it is over.
TEST_F(UpstreamOutageTest, ResumeLiftsAHold) {
  for (const bool new_target : {false, true}) {
    make(100);
    answer(admit(1), status(429, {}, hours{1}));
    ASSERT_EQ(admit(1).slots, 0U);
    upstream->resume(now, new_target);
    EXPECT_EQ(admit(1).slots, 1U);
  }
}

TEST_F(UpstreamOutageTest, ALiftedGateWakesWhoSleepsForIt) {
  make(100, 2);
  const Permits many = admit(FailureStreak::kToSuspect + 1, 0);
  answers(many, FailureStreak::kToSuspect, status(500));
  ASSERT_EQ(admit(5, 1).slots, 0U);
  answer(many, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(5, 1).slots, 5U);
}

}  // namespace
}  // namespace respand::delivery
