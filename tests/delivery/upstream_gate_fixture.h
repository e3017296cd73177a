#pragma once
// The fixture of the tests of UpstreamGate: a gate with its workers, and a clock that the test sets.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "answers.h"
#include "delivery/upstream_gate.h"
#include "tests/delivery/start.h"

namespace respand::delivery {

class UpstreamGateTest : public ::testing::Test {
 protected:
  void make(std::uint32_t max_in_flight, std::uint32_t workers = 1, std::uint32_t rate = 0) {
    upstream.emplace(
        UpstreamGate::Settings{workers, max_in_flight, {.rate = static_cast<double>(rate)}, Retry{}, 42, first_limit});
    woken.assign(workers, 0);
    for (std::uint32_t worker = 0; worker < workers; ++worker) {
      upstream->attach(worker, [this, worker] { ++woken[worker]; });
    }
  }
  Permits admit(std::uint32_t wanted, std::uint32_t worker = 0) { return upstream->admit(worker, now, wanted); }
  void answer(const Permits& permits, const http::Answer& answer, std::uint32_t worker = 0,
              FailureSource source = FailureSource::kUpstream) {
    upstream->answered(worker, permits.epoch, classify(answer), answer, now, source);
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

}  // namespace respand::delivery
