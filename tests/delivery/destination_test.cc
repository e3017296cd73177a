#include "delivery/destination.h"

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
    destination.emplace(Destination::Settings{workers, max_in_flight, rate, Retry{}, 42, first_limit});
    woken.assign(workers, 0);
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      destination->attach(worker, [this, worker] { ++woken[worker]; });
    }
  }
  Grant admit(std::uint32_t wanted, std::uint32_t worker = 0) { return destination->admit(worker, now, wanted); }
  void answer(const Grant& grant, const http::Answer& answer, std::uint32_t worker = 0,
              Suspect suspect = Suspect::kApi) {
    destination->answered(worker, grant.epoch, classify(answer), answer, now, suspect);
    destination->release(worker, {&grant.epoch, 1});
  }
  Mode mode() const { return destination->state().mode; }
  // One attempt, at the first moment that one may begin.
  Duration one(const http::Answer& with) {
    const MonoTime before = now;
    Grant grant = admit(1);
    if (grant.places == 0) {
      EXPECT_NE(grant.look_again, kNever);
      now = grant.look_again;
      grant = admit(1);
    }
    EXPECT_EQ(grant.places, 1U);
    answer(grant, with);
    return now - before;
  }
  void break_it() {
    while (mode() == Mode::kNormal) {
      one(status(503));
    }
  }
  // So many answers to attempts that began together.
  void answers(const Grant& grant, std::uint32_t count, const http::Answer& with) {
    for (std::uint32_t i = 0; i < count; ++i) {
      answer(grant, with);
    }
  }

  MonoTime now = kStart;
  std::uint32_t first_limit = 1'000'000;  // the ceiling at once, unless a test is about the adaptive limit
  std::optional<Destination> destination;
  std::vector<int> woken;
};

TEST_F(DestinationTest, ARecordThatOthersHaveOvertakenIsNoSignOfAnOutage) {
  make(8);
  const auto one_suspect = [&](const http::Answer& with) {
    const Grant grant = admit(1);
    ASSERT_EQ(grant.places, 1U);
    answer(grant, with, 0, Suspect::kRecord);
  };
  for (int i = 0; i < 200; ++i) {
    one_suspect(i % 2 == 0 ? status(500) : failed(http::Failure::kTimeout));
    ASSERT_EQ(mode(), Mode::kNormal);
  }
  // Whom nobody listens to it can't be the record's fault.
  while (mode() == Mode::kNormal) {
    const Grant grant = admit(1);
    now = grant.places == 0 ? grant.look_again : now;
    if (grant.places == 1) {
      const http::Answer none = failed(http::Failure::kConnect);
      answer(grant, none, 0, Suspect::kRecord);
    }
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

// What was answered and is not settled yet would come again after a kill.
TEST_F(DestinationTest, AnAnsweredPlaceIsFreeWhenItIsReleased) {
  make(1, 2);
  const Grant grant = admit(1, 0);
  ASSERT_EQ(grant.places, 1U);
  ASSERT_EQ(admit(1, 1).places, 0U);
  destination->answered(0, grant.epoch, Verdict::kDelivered, status(200), now);
  EXPECT_EQ(admit(1, 1).places, 0U);
  EXPECT_EQ(woken, (std::vector<int>{0, 0}));
  destination->release(0, {&grant.epoch, 1});
  EXPECT_EQ(woken, (std::vector<int>{0, 1}));
  EXPECT_EQ(admit(1, 1).places, 1U);
}

TEST_F(DestinationTest, GrantsUpToTheLimitOverAllWorkers) {
  make(10, 2);
  EXPECT_EQ(admit(7, 0).places, 7U);
  EXPECT_EQ(admit(7, 1).places, 3U);
  const Grant none = admit(1, 0);
  EXPECT_EQ(none.places, 0U);
  EXPECT_EQ(none.look_again, kNever);
  EXPECT_EQ(destination->state().in_flight, 10U);
}

TEST_F(DestinationTest, APlaceIsKeptForAWorkerThatHasNone) {
  make(1, 2);
  const Grant first = admit(1, 0);
  ASSERT_EQ(first.places, 1U);
  EXPECT_EQ(admit(1, 1).places, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(1, 0).places, 0U) << "the other one's turn";
  const Grant second = admit(1, 1);
  EXPECT_EQ(second.places, 1U);
  answer(second, status(200), 1);
  EXPECT_EQ(woken[0], 1);
  EXPECT_EQ(admit(1, 0).places, 1U);
}

TEST_F(DestinationTest, AWorkerThatLeavesKeepsNobodyOut) {
  make(1, 3);
  const Grant first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).places, 0U);
  EXPECT_EQ(admit(1, 2).places, 0U);
  answer(first, status(200), 0);
  destination->leave(1);
  destination->leave(2);
  EXPECT_EQ(admit(1, 0).places, 1U);
}

TEST_F(DestinationTest, AWorkerThatAsksForNothingReleasesItsKeptPlace) {
  make(1, 2);
  const Grant first = admit(1, 0);
  EXPECT_EQ(admit(1, 1).places, 0U);
  answer(first, status(200), 0);
  EXPECT_EQ(admit(0, 1).places, 0U);
  EXPECT_EQ(admit(1, 0).places, 1U);
}

TEST_F(DestinationTest, UnusedPlacesGoToWhomWaits) {
  make(4, 2);
  const Grant all = admit(4, 0);
  EXPECT_EQ(admit(2, 1).places, 0U);
  destination->give_back(0, all, 4);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(2, 1).places, 2U);
}

TEST_F(DestinationTest, OneErrorHoldsNobodyBack) {
  make(10);
  const Grant grant = admit(1);
  answer(grant, status(500));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_EQ(admit(100).places, 10U) << "at once, and no fewer";
}

// Every other request fails, and nothing is held back: as a coin falls, many failures follow each other now and then.
TEST_F(DestinationTest, FailuresThatAreHalfOfAllCloseNothing) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    make(32);
    SeededRandom random(seed);
    std::vector<Grant> flying;
    std::uint64_t sent = 0;
    for (int i = 0; i < 20'000; ++i) {
      now += milliseconds{1};
      const Grant grant = admit(32);
      for (std::uint32_t n = 0; n < grant.places; ++n) {
        flying.push_back(grant);
      }
      sent += grant.places;
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
  const Grant grant = admit(64);
  answers(grant, Circuit::kFailuresToSlow - 1, status(503));
  EXPECT_EQ(admit(100).places, 7U) << "so many in a row happen by chance";
  answers(grant, 1, status(503));
  EXPECT_EQ(admit(100).places, 0U) << "the next do not take the places of those that failed";
  answers(grant, 1, status(200));
  EXPECT_EQ(admit(100).places, 2U);
}

// One answer that fails says little; an API that is asked one at a time, and fails again and again, is down.
TEST_F(DestinationTest, TheCircuitOpensWhenNothingGetsThrough) {
  make(100);
  std::uint32_t failures = 0;
  while (mode() == Mode::kNormal) {
    one(failures % 2 == 0 ? status(503) : failed(http::Failure::kTimeout));
    ++failures;
  }
  EXPECT_EQ(failures, Circuit::kFailuresToDoubt + Circuit::kDoubtsToOpen);
  EXPECT_EQ(mode(), Mode::kOpen);
  EXPECT_EQ(destination->state().limit, 1U);
  EXPECT_EQ(destination->state().reason, "503");
}

TEST_F(DestinationTest, ProbesOneAtATimeAtGrowingIntervals) {
  make(256);
  break_it();
  Duration slowest{0};
  for (int probe = 0; probe < 20; ++probe) {
    const Grant early = admit(256);
    ASSERT_EQ(early.places, 0U);
    const Duration interval = early.look_again - now;
    EXPECT_LE(interval, Circuit::kLongestProbe);
    slowest = std::max(slowest, interval);
    now = early.look_again - Duration{1};
    EXPECT_EQ(admit(256).places, 0U);
    now += Duration{1};
    const Grant grant = admit(256);
    EXPECT_EQ(grant.places, 1U);
    EXPECT_TRUE(grant.probing);
    EXPECT_EQ(admit(256).places, 0U) << "a second probe beside the first";
    answer(grant, failed(http::Failure::kConnect));
    EXPECT_EQ(mode(), Mode::kOpen);
  }
  EXPECT_GE(slowest, Circuit::kLongestProbe / 2);
}

// 256 in the air when the API goes down are one moment, and no proof: a few more, one at a time, tell an API that is
// down from one that had too much at once.
TEST_F(DestinationTest, FailuresTogetherAreNoProof) {
  for (const int code : {200, 503}) {
    make(256);
    const Grant grant = admit(256);
    answers(grant, 256, status(503));
    for (std::uint32_t i = 0; i < Circuit::kDoubtsToOpen; ++i) {
      EXPECT_EQ(mode(), Mode::kNormal);
      const Grant refused = admit(256);
      ASSERT_EQ(refused.places, 0U);
      EXPECT_LE(refused.look_again - now, seconds{1});
      now = refused.look_again;
      const Grant one_more = admit(256);
      EXPECT_EQ(one_more.places, 1U);
      EXPECT_TRUE(one_more.probing);
      answer(one_more, status(code));
      if (code == 200) {
        break;
      }
    }
    EXPECT_EQ(mode(), code == 200 ? Mode::kNormal : Mode::kOpen);
    EXPECT_GE(destination->state().limit, code == 200 ? 128U : 1U);
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
    const Grant grant = admit(1000);
    rounds.push_back(grant.places);
    for (std::uint32_t i = 0; i < grant.places; ++i) {
      answer(grant, status(200));
    }
    ASSERT_LE(rounds.size(), 10U);
  }
  EXPECT_EQ(rounds, (std::vector<std::uint32_t>{2, 8, 17, 34, 68, 100}));
  EXPECT_EQ(mode(), Mode::kNormal);
  EXPECT_EQ(destination->state().reason, "");
  EXPECT_EQ(destination->state().last_error, "connect: for a test");
}

TEST_F(DestinationTest, FailuresInARowWhileHalfOpenOpenItAgain) {
  make(100);
  break_it();
  one(status(200));
  for (std::uint32_t i = 0; i < Circuit::kFailuresToReopen; ++i) {
    ASSERT_EQ(mode(), Mode::kHalfOpen) << "one alone may be a stray";
    one(status(500));
  }
  EXPECT_EQ(mode(), Mode::kOpen);
}

TEST_F(DestinationTest, LateAnswersSayNothingOfThePresent) {
  make(100);
  const Grant old = admit(50);
  answers(old, Circuit::kFailuresToDoubt, status(503));
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
  const Grant grant = admit(10);
  answer(grant, status(429, {}, seconds{30}));
  EXPECT_EQ(mode(), Mode::kHeld);
  for (int i = 0; i < 8; ++i) {
    answer(grant, status(200));
  }
  const Grant refused = admit(10);
  EXPECT_EQ(refused.places, 0U);
  EXPECT_GE(refused.look_again - now, seconds{30});
  EXPECT_LE(refused.look_again - now, seconds{40});
  now += seconds{30} - Duration{1};
  EXPECT_EQ(admit(10).places, 0U);
  now = refused.look_again;
  EXPECT_LE(admit(10).places, 1U) << "a careful start";
}

TEST_F(DestinationTest, ALaterRetryAfterProlongsTheHold) {
  make(100);
  const Grant grant = admit(10);
  answer(grant, status(429, {}, seconds{5}));
  answer(grant, status(503, {}, seconds{60}));
  answer(grant, status(429, {}, seconds{1}));
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
    const Grant grant = admit(256);
    sent += static_cast<int>(grant.places);
    for (std::uint32_t i = 0; i < grant.places; ++i) {
      answer(grant, status(429, {}, seconds{2}));
    }
    now = grant.places > 0 ? now + milliseconds{10} : grant.look_again;
  }
  EXPECT_LE(sent, 256 + 30);
}

TEST_F(DestinationTest, AWrongKeyPausesAtOnce) {
  make(100);
  const Grant grant = admit(100);
  answer(grant, status(401, "no such key"));
  EXPECT_EQ(mode(), Mode::kPaused);
  EXPECT_EQ(destination->state().reason, "401: no such key");
  for (int i = 0; i < 99; ++i) {
    answer(grant, status(200));
  }
  EXPECT_EQ(mode(), Mode::kPaused) << "answers to requests from before";
  const Grant refused = admit(1);
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
  EXPECT_EQ(admit(5, 1).places, 0U);
  destination->resume(now, false);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(mode(), Mode::kHalfOpen);
  EXPECT_EQ(admit(5, 1).places, 1U);
}

// A reload is the operator's word that it is over.
TEST_F(DestinationTest, ResumeLiftsAHold) {
  for (const bool new_target : {false, true}) {
    make(100);
    answer(admit(1), status(429, {}, hours{1}));
    ASSERT_EQ(admit(1).places, 0U);
    destination->resume(now, new_target);
    EXPECT_EQ(admit(1).places, 1U);
  }
}

TEST_F(DestinationTest, ALiftedGateWakesWhoSleepsForIt) {
  make(100, 2);
  const Grant many = admit(Circuit::kFailuresToDoubt + 1, 0);
  answers(many, Circuit::kFailuresToDoubt, status(500));
  ASSERT_EQ(admit(5, 1).places, 0U);
  answer(many, status(200), 0);
  EXPECT_EQ(woken[1], 1);
  EXPECT_EQ(admit(5, 1).places, 5U);
}

TEST_F(DestinationTest, TheRateLimitHoldsOverTime) {
  for (const std::uint32_t rate : {1U, 7U, 100U, 5000U}) {
    make(10'000, 1, rate);
    std::uint64_t sent = 0;
    const MonoTime begin = now;
    while (now < begin + seconds{20}) {
      const Grant grant = admit(10'000);
      sent += grant.places;
      for (std::uint32_t i = 0; i < grant.places; ++i) {
        answer(grant, status(200));
      }
      ASSERT_NE(grant.look_again, kNever);
      ASSERT_GT(grant.look_again, now);
      now = grant.look_again;
    }
    EXPECT_GE(sent, rate * 19ULL) << rate;
    EXPECT_LE(sent, rate * 21ULL + 1) << rate;
  }
}

TEST_F(DestinationTest, TokensOfUnusedPlacesComeBack) {
  make(100, 1, 10);
  for (int i = 0; i < 1000; ++i) {
    const Grant grant = admit(1);
    ASSERT_EQ(grant.places, 1U);
    destination->give_back(0, grant, 1);
  }
}

// Random events over an hour: the books of places always balance, and a probe is never kept out for ever.
TEST_F(DestinationTest, NeverLosesAPlace) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    make(8, 3);
    SeededRandom random(seed);
    std::vector<std::pair<std::uint32_t, Grant>> flying;
    for (int i = 0; i < 2000; ++i) {
      now += Duration{static_cast<Duration::rep>(random.below(2'000'000))};
      const auto worker = static_cast<std::uint32_t>(random.below(3));
      Grant grant = admit(static_cast<std::uint32_t>(random.below(5)), worker);
      const auto unused = static_cast<std::uint32_t>(random.below(grant.places + 1));
      destination->give_back(worker, grant, unused);
      for (std::uint32_t n = unused; n < grant.places; ++n) {
        flying.emplace_back(worker, grant);
      }
      while (!flying.empty() && random.below(3) != 0) {
        const std::size_t at = random.below(flying.size());
        const int codes[] = {200, 200, 200, 400, 401, 429, 500, 503};
        answer(flying[at].second,
               status(codes[random.below(8)], {}, random.below(4) == 0 ? std::optional(seconds{3}) : std::nullopt),
               flying[at].first);
        flying.erase(flying.begin() + static_cast<std::ptrdiff_t>(at));
      }
      ASSERT_EQ(destination->state().in_flight, flying.size());
      ASSERT_LE(flying.size(), 9U) << "the ceiling, and a probe beside those that hang";
    }
    for (const auto& [worker, grant] : flying) {
      answer(grant, status(200), worker);
    }
    destination->leave(0);
    destination->leave(1);
    destination->leave(2);
    now += hours{1};
    EXPECT_GE(admit(1).places, 1U) << seed;
  }
}

}  // namespace
}  // namespace respand::delivery
