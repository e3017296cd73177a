#include "delivery/upstream_gate.h"

#include <gtest/gtest.h>

#include <vector>

#include "answers.h"

namespace respand::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonoTime kStart{seconds{1000}};

class DestinationTest : public ::testing::Test {
 protected:
  void make(std::uint32_t max_in_flight, std::uint32_t workers = 1, std::uint32_t rate = 0) {
    upstream.emplace(UpstreamGate::Settings{workers, max_in_flight, rate, Retry{}, 42, first_limit});
    woken.assign(workers, 0);
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      upstream->attach(worker, [this, worker] { ++woken[worker]; });
    }
  }
  Permits admit(std::uint32_t wanted, std::uint32_t worker = 0) { return upstream->admit(worker, now, wanted); }
  void answer(const Permits& permits, const http::Answer& answer, std::uint32_t worker = 0,
              Suspect suspect = Suspect::kApi) {
    upstream->answered(worker, permits.epoch, classify(answer), answer, now, suspect);
    upstream->release(worker, {&permits.epoch, 1});
  }
  Mode mode() const { return upstream->state().mode; }
  // One attempt, at the first moment that one may begin.
  Duration one(const http::Answer& with) {
    const MonoTime before = now;
    Permits permits = admit(1);
    if (permits.slots == 0) {
      EXPECT_NE(permits.look_again, kNever);
      now = permits.look_again;
      permits = admit(1);
    }
    EXPECT_EQ(permits.slots, 1U);
    answer(permits, with);
    return now - before;
  }
  void break_it() {
    while (mode() == Mode::kNormal) {
      one(status(503));
    }
  }
  // So many answers to attempts that began together.
  void answers(const Permits& permits, std::uint32_t count, const http::Answer& with) {
    for (std::uint32_t i = 0; i < count; ++i) {
      answer(permits, with);
    }
  }

  MonoTime now = kStart;
  std::uint32_t first_limit = 1'000'000;  // the ceiling at once, unless a test is about the adaptive limit
  std::optional<UpstreamGate> upstream;
  std::vector<int> woken;
};

TEST_F(DestinationTest, ARecordThatOthersHaveOvertakenIsNoSignOfAnOutage) {
  make(8);
  const auto one_suspect = [&](const http::Answer& with) {
    const Permits permits = admit(1);
    ASSERT_EQ(permits.slots, 1U);
    answer(permits, with, 0, Suspect::kRecord);
  };
  for (int i = 0; i < 200; ++i) {
    one_suspect(i % 2 == 0 ? status(500) : failed(http::Failure::kTimeout));
    ASSERT_EQ(mode(), Mode::kNormal);
  }
  // Whom nobody listens to it can't be the record's fault.
  while (mode() == Mode::kNormal) {
    const Permits permits = admit(1);
    now = permits.slots == 0 ? permits.look_again : now;
    if (permits.slots == 1) {
      const http::Answer none = failed(http::Failure::kConnect);
      answer(permits, none, 0, Suspect::kRecord);
    }
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

// What was answered and is not acknowledged yet would come again after a kill.
TEST_F(DestinationTest, AnAnsweredPlaceIsFreeWhenItIsReleased) {
  make(1, 2);
  const Permits permits = admit(1, 0);
  ASSERT_EQ(permits.slots, 1U);
  ASSERT_EQ(admit(1, 1).slots, 0U);
  upstream->answered(0, permits.epoch, Verdict::kDelivered, status(200), now);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  EXPECT_EQ(woken, (std::vector<int>{0, 0}));
  upstream->release(0, {&permits.epoch, 1});
  EXPECT_EQ(woken, (std::vector<int>{0, 1}));
  EXPECT_EQ(admit(1, 1).slots, 1U);
}

TEST_F(DestinationTest, GrantsUpToTheLimitOverAllWorkers) {
  make(10, 2);
  EXPECT_EQ(admit(7, 0).slots, 7U);
  EXPECT_EQ(admit(7, 1).slots, 3U);
  const Permits none = admit(1, 0);
  EXPECT_EQ(none.slots, 0U);
  EXPECT_EQ(none.look_again, kNever);
  EXPECT_EQ(upstream->state().in_flight, 10U);
}

TEST_F(DestinationTest, APlaceIsKeptForAWorkerThatHasNone) {
  make(1, 2);
  const Permits first = admit(1, 0);
  ASSERT_EQ(first.slots, 1U);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(1, 0).slots, 0U) << "the other one's turn";
  const Permits second = admit(1, 1);
  EXPECT_EQ(second.slots, 1U);
  answer(second, status(200), 1);
  EXPECT_EQ(woken[0], 1);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(DestinationTest, AWorkerThatLeavesKeepsNobodyOut) {
  make(1, 3);
  const Permits first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  EXPECT_EQ(admit(1, 2).slots, 0U);
  answer(first, status(200), 0);
  upstream->leave(1);
  upstream->leave(2);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(DestinationTest, AWorkerThatAsksForNothingReleasesItsKeptPlace) {
  make(1, 2);
  const Permits first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).slots, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(admit(0, 1).slots, 0U);
  EXPECT_EQ(admit(1, 0).slots, 1U);
}

TEST_F(DestinationTest, UnusedPlacesGoToWhomWaits) {
  make(4, 2);
  const Permits all = admit(4, 0);
  EXPECT_EQ(admit(2, 1).slots, 0U);
  upstream->give_back(0, all, 4);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(2, 1).slots, 2U);
}

TEST_F(DestinationTest, OneErrorHoldsNobodyBack) {
  make(10);
  const Permits permits = admit(1);
  answer(permits, status(500));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_EQ(admit(100).slots, 10U) << "at once, and no fewer";
}

// Every other request fails, and nothing is held back: as a coin falls, many failures follow each other now and then.
TEST_F(DestinationTest, FailuresThatAreHalfOfAllCloseNothing) {
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

TEST_F(DestinationTest, FailuresInARowSlowItDownOneByOne) {
  make(64);
  const Permits permits = admit(64);
  answers(permits, CircuitBreaker::kFailuresToSlow - 1, status(503));
  EXPECT_EQ(admit(100).slots, 7U) << "so many in a row happen by chance";
  answers(permits, 1, status(503));
  EXPECT_EQ(admit(100).slots, 0U) << "the next do not take the places of those that failed";
  answers(permits, 1, status(200));
  EXPECT_EQ(admit(100).slots, 2U);
}

// One answer that fails says little; an API that is asked one at a time, and fails again and again, is down.
TEST_F(DestinationTest, TheCircuitOpensWhenNothingGetsThrough) {
  make(100);
  std::uint32_t failures = 0;
  while (mode() == Mode::kNormal) {
    one(failures % 2 == 0 ? status(503) : failed(http::Failure::kTimeout));
    ++failures;
  }
  EXPECT_EQ(failures, CircuitBreaker::kFailuresToSuspect + CircuitBreaker::kSuspicionsToOpen);
  EXPECT_EQ(mode(), Mode::kOpen);
  EXPECT_EQ(upstream->state().limit, 1U);
  EXPECT_EQ(upstream->state().reason, "503");
}

TEST_F(DestinationTest, ProbesOneAtATimeAtGrowingIntervals) {
  make(256);
  break_it();
  Duration slowest{0};
  for (int probe = 0; probe < 20; ++probe) {
    const Permits early = admit(256);
    ASSERT_EQ(early.slots, 0U);
    const Duration interval = early.look_again - now;
    EXPECT_LE(interval, CircuitBreaker::kLongestProbe);
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
  EXPECT_GE(slowest, CircuitBreaker::kLongestProbe / 2);
}

// 256 in the air when the API goes down are one moment, and no proof: a few more, one at a time, tell an API that is
// down from one that had too much at once.
TEST_F(DestinationTest, FailuresTogetherAreNoProof) {
  for (const int code : {200, 503}) {
    make(256);
    const Permits permits = admit(256);
    answers(permits, 256, status(503));
    for (std::uint32_t i = 0; i < CircuitBreaker::kSuspicionsToOpen; ++i) {
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

TEST_F(DestinationTest, RecoversInDoublings) {
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

TEST_F(DestinationTest, FailuresInARowWhileHalfOpenOpenItAgain) {
  make(100);
  break_it();
  one(status(200));
  for (std::uint32_t i = 0; i < CircuitBreaker::kFailuresToReopen; ++i) {
    ASSERT_EQ(mode(), Mode::kHalfOpen) << "one alone may be a stray";
    one(status(500));
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

TEST_F(DestinationTest, LateAnswersSayNothingOfThePresent) {
  make(100);
  const Permits old = admit(50);
  answers(old, CircuitBreaker::kFailuresToSuspect, status(503));
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

TEST_F(DestinationTest, RetryAfterHoldsBackAll) {
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

TEST_F(DestinationTest, ALaterRetryAfterProlongsTheHold) {
  make(100);
  const Permits permits = admit(10);
  answer(permits, status(429, {}, seconds{5}));
  answer(permits, status(503, {}, seconds{60}));
  answer(permits, status(429, {}, seconds{1}));
  EXPECT_GE(admit(1).look_again - now, seconds{60});
}

TEST_F(DestinationTest, ARetryAfterOfZeroIsAnOrdinaryFailure) {
  make(100);
  answer(admit(1), status(429, {}, Duration{0}));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_LE(admit(1).look_again - now, milliseconds{250});
}

TEST_F(DestinationTest, ARateLimitedApiSeesOneRequestAHold) {
  make(256);
  int sent = 0;
  const MonoTime end = now + seconds{60};
  while (now < end) {
    const Permits permits = admit(256);
    sent += static_cast<int>(permits.slots);
    for (std::uint32_t i = 0; i < permits.slots; ++i) {
      answer(permits, status(429, {}, seconds{2}));
    }
    now = permits.slots > 0 ? now + milliseconds{10} : permits.look_again;
  }
  EXPECT_LE(sent, 256 + 30);
}

TEST_F(DestinationTest, AWrongKeyPausesAtOnce) {
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

TEST_F(DestinationTest, EveryWrongDestinationPauses) {
  for (const http::Answer& wrong : {status(302), status(402), status(403), status(404), status(405),
                                    failed(http::Failure::kResolve), failed(http::Failure::kCertificate)}) {
    make(10);
    answer(admit(1), wrong);
    EXPECT_EQ(mode(), Mode::kPaused) << describe(wrong);
  }
}

TEST_F(DestinationTest, APauseProbesUpToTheLongestInterval) {
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

TEST_F(DestinationTest, APauseEndsByAnyAnswerThatConcernsTheRecord) {
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

TEST_F(DestinationTest, ResumeTriesAtOnceAndWakes) {
  make(100, 2);
  one(status(401));
  EXPECT_EQ(admit(5, 1).slots, 0U);
  upstream->resume(now, false);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(mode(), Mode::kHalfOpen);
  EXPECT_EQ(admit(5, 1).slots, 1U);
}

// A reload is the operator's word that it is over.
TEST_F(DestinationTest, ResumeLiftsAHold) {
  for (const bool new_target : {false, true}) {
    make(100);
    answer(admit(1), status(429, {}, hours{1}));
    ASSERT_EQ(admit(1).slots, 0U);
    upstream->resume(now, new_target);
    EXPECT_EQ(admit(1).slots, 1U);
  }
}

TEST_F(DestinationTest, ALiftedGateWakesWhoSleepsForIt) {
  make(100, 2);
  const Permits many = admit(CircuitBreaker::kFailuresToSuspect + 1, 0);
  answers(many, CircuitBreaker::kFailuresToSuspect, status(500));
  ASSERT_EQ(admit(5, 1).slots, 0U);
  answer(many, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(5, 1).slots, 5U);
}

TEST_F(DestinationTest, TheRateLimitHoldsOverTime) {
  for (const std::uint32_t rate : {1U, 7U, 100U, 5000U}) {
    make(10'000, 1, rate);
    std::uint64_t sent = 0;
    const MonoTime begin = now;
    while (now < begin + seconds{20}) {
      const Permits permits = admit(10'000);
      sent += permits.slots;
      for (std::uint32_t i = 0; i < permits.slots; ++i) {
        answer(permits, status(200));
      }
      ASSERT_NE(permits.look_again, kNever);
      ASSERT_GT(permits.look_again, now);
      now = permits.look_again;
    }
    EXPECT_GE(sent, rate * 19ULL) << rate;
    EXPECT_LE(sent, rate * 21ULL + 1) << rate;
  }
}

TEST_F(DestinationTest, TokensOfUnusedPlacesComeBack) {
  make(100, 1, 10);
  for (int i = 0; i < 1000; ++i) {
    const Permits permits = admit(1);
    ASSERT_EQ(permits.slots, 1U);
    upstream->give_back(0, permits, 1);
  }
}

// Random events over an hour: the books of places always balance, and a probe is never kept out for ever.
TEST_F(DestinationTest, NeverLosesAPlace) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    make(8, 3);
    SeededRandom random(seed);
    std::vector<std::pair<std::uint32_t, Permits>> flying;
    for (int i = 0; i < 2000; ++i) {
      now += Duration{static_cast<Duration::rep>(random.below(2'000'000))};
      const auto worker = static_cast<std::uint32_t>(random.below(3));
      Permits permits = admit(static_cast<std::uint32_t>(random.below(5)), worker);
      const auto unused = static_cast<std::uint32_t>(random.below(permits.slots + 1));
      upstream->give_back(worker, permits, unused);
      for (std::uint32_t n = unused; n < permits.slots; ++n) {
        flying.emplace_back(worker, permits);
      }
      while (!flying.empty() && random.below(3) != 0) {
        const std::size_t at = random.below(flying.size());
        const int codes[] = {200, 200, 200, 400, 401, 429, 500, 503};
        answer(flying[at].second,
               status(codes[random.below(8)], {}, random.below(4) == 0 ? std::optional(seconds{3}) : std::nullopt),
               flying[at].first);
        flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(at));
      }
      ASSERT_EQ(upstream->state().in_flight, flying.size());
      ASSERT_LE(flying.size(), 9U) << "the ceiling, and a probe beside those that hang";
    }
    for (const auto& [worker, permits] : flying) {
      answer(permits, status(200), worker);
    }
    upstream->leave(0);
    upstream->leave(1);
    upstream->leave(2);
    now += hours{1};
    EXPECT_GE(admit(1).slots, 1U) << seed;
  }
}

}  // namespace
}  // namespace respand::delivery
