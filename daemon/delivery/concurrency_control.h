#pragma once
// ConcurrencyControl: how many requests may be in flight at once. It learns from the latency of answers, from refusals
// that are about concurrency, and from the share of requests that fail (failure_share.h). It moves the limit
// (concurrency_limit.h) and runs the trials that tell overload from failures of the API's own. Used by UpstreamGate,
// under its mutex. Pure; time is the caller's.
//
// Where a function returns true the limit has changed: from then on only attempts that begin later are current.

#include <cstddef>
#include <cstdint>

#include "delivery/concurrency_limit.h"
#include "delivery/failure_share.h"
#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::delivery {

class ConcurrencyControl {
 public:
  // The latency of a larger payload is mostly its transfer, so it says nothing of the API's load.
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
  // Counts one more request, which did or did not fail, while the circuit is normal.
  [[nodiscard]] bool answered(bool failed, bool current, std::uint32_t in_flight, MonoTime now);
  // There was far too much at once. `first`: this is the first answer that says so.
  void overloaded(bool first) { limit_.refused(first); }
  // Ends a trial that is under way without a result, because the load changes for another reason.
  void interrupt_trial();
  // After a silence: begins again with few requests.
  void restart() { limit_.restart(); }
  // Another ceiling, from now on. Requires: above 0.
  void set_most(std::uint32_t most) { limit_.set_most(most); }
  // For a new target: forgets the share of failures.
  void forget_failures() { failures_ = FailureShare{}; }

  // The share of the last requests that failed, and the share of requests that fails whatever the load.
  [[nodiscard]] double failure_share() const { return failures_.recent(); }
  [[nodiscard]] double failure_noise() const { return failures_.noise(); }

 private:
  ConcurrencyLimit limit_;
  FailureShare failures_;
};

}  // namespace respand::delivery
