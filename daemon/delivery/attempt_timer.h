#pragma once
// AttemptTimer: when the next attempt may begin: after a silence that the API asked for, a backoff, or the interval
// between two probes. Intervals grow from one failure to the next and are jittered, so that hosts that failed together
// do not come back together. Used by CircuitBreaker. Pure but for its own seeded jitter; time is the caller's.
//
// What holds: a silence that was asked for is never cut short, but by end_silence(); the jitter is on top of it.

#include <algorithm>
#include <cstdint>

#include "delivery/backoff.h"
#include "respand/base/random.h"
#include "respand/base/units.h"

namespace respand::delivery {

class AttemptTimer {
 public:
  // The first interval between probes of a wrong upstream. It is not healed by waiting, but by somebody.
  static constexpr Duration kFirstPauseProbe = std::chrono::seconds{1};
  // Between probes of one that fails, however long it does: what comes in is to be live soon after it is back, and one
  // request in ten seconds is nothing to anybody.
  static constexpr Duration kLongestProbe = std::chrono::seconds{15};
  // On top of a silence, so that a fleet that was told the same second does not come back in it.
  static constexpr Duration kMaxSilenceJitter = std::chrono::seconds{10};

  // What the probes are of.
  enum class Upstream : std::uint8_t {
    kFailing,
    kWrong,  // URL, key or certificate: intervals up to Retry::max
  };

  AttemptTimer(const Retry& retry, std::uint64_t seed) : retry_(retry), random_(seed) {}
  void reconfigure(const Retry& retry) { retry_ = retry; }

  // Nothing may begin for so long. `spread`: jittered; not where it was jittered before. A shorter one than the one
  // that runs changes nothing.
  void keep_silence(Duration asked, bool spread, MonoTime now);
  // The same for a pause that the API announces before it refuses anybody.
  void rest(Duration rest, MonoTime now);
  void end_silence() { silent_until_ = MonoTime{}; }

  // Waits before the next single request, longer from one to the next.
  void back_off(MonoTime now);
  // Waits before the next probe; the interval is that of the failures so far.
  void wait_for_probe(Upstream upstream, MonoTime now);
  // One more probe has failed: the next interval is twice as long.
  void lengthen() { ++step_; }
  // An attempt has succeeded: half as long, should it fail again.
  void shorten();
  // The next interval is the first one again.
  void restart() { step_ = 0; }
  // Ends the backoff or the probe's interval. Whether there was one.
  bool lift();

  [[nodiscard]] MonoTime silent_until() const { return silent_until_; }
  // When the next attempt may begin; long ago where there is nothing to wait for.
  [[nodiscard]] MonoTime next() const { return std::max(silent_until_, not_before_); }

 private:
  Retry retry_;
  SeededRandom random_;
  std::uint32_t step_ = 0;   // of the backoff or of the probes' intervals
  MonoTime silent_until_{};  // Retry-After
  MonoTime not_before_{};    // end of the backoff, or time of the next probe; 0: neither
};

}  // namespace respand::delivery
