#pragma once
// ConcurrencyControl: how many requests may be in flight at once, from the latency of answers, from refusals that are
// about concurrency, and from the share of requests that fail (failure_share.h): it moves the limit
// (concurrency_limit.h) and runs the trials that tell overload from failures of the API's own. Used by UpstreamGate,
// under its mutex. Pure; time is the caller's.
//
// Where a function returns true the limit has become another: from then on only attempts that begin later are current.

#include <cstddef>
#include <cstdint>

#include "delivery/concurrency_limit.h"
#include "delivery/failure_share.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

class ConcurrencyControl {
 public:
  // A larger payload's way to the API takes longer than the API: its latency says nothing.
  static constexpr std::size_t kMaxMeasuredBytes = 64 * 1024;

  // `most`: the ceiling. `first`: the limit to begin with.
  ConcurrencyControl(std::uint32_t most, std::uint32_t first) : limit_(most, first) {}

  [[nodiscard]] std::uint32_t limit() const { return limit_.value(); }
  // All slots are taken: the answers of the next round trip may raise the limit.
  void reached() { limit_.reached(); }
  // An answer that says nothing against the API. Without `may_probe` the limit grows only to where it was good before.
  [[nodiscard]] bool succeeded(bool current, const http::Answer& answer, bool may_probe);
  // A refusal that is about how many there are at once.
  [[nodiscard]] bool refused(bool current);
  // One more request that did or did not fail, while all else is normal.
  [[nodiscard]] bool answered(bool failed, bool current, std::uint32_t in_flight, MonoTime now);
  // There was far too much at once. `first`: that was not known yet.
  void overloaded(bool first) { limit_.refused(first); }
  // A trial that is under way ends without a result: the load changes for another reason.
  void interrupt_trial();
  // After a silence: a few again.
  void restart() { limit_.restart(); }
  // Another ceiling, from now on. Requires: above 0.
  void set_most(std::uint32_t most) { limit_.set_most(most); }
  // Of a new target no failures are known.
  void forget_failures() { failures_ = FailureShare{}; }

  // Of the last requests, those that failed; and of these, those that fail whatever the load.
  [[nodiscard]] double failure_share() const { return failures_.recent(); }
  [[nodiscard]] double failure_noise() const { return failures_.noise(); }

 private:
  ConcurrencyLimit limit_;
  FailureShare failures_;
};

}  // namespace respand::delivery
