#pragma once
// TokenBucket: how many requests may begin under delivery.rate_limit. Tokens for a tenth of a second may gather, so
// that a worker need not wake up more than ten times a second. Used by UpstreamGate, under its mutex. Pure; time is the
// caller's.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::delivery {

// Requests a second. A part of a limit that others share holds for a while only, so that nobody need be awake to end
// it.
struct RateLimit {
  double rate = 0;                   // 0: no limit
  MonoTime until = MonoTime::max();  // so long
  double after = 0;                  // the rate from then on
};

class TokenBucket {
 public:
  // Full at first.
  explicit TokenBucket(const RateLimit& limit);

  [[nodiscard]] bool limits() const { return limit_.rate != 0; }
  // Requests a second at `now`; 0: no limit.
  [[nodiscard]] double rate(MonoTime now) const { return now < limit_.until ? limit_.rate : limit_.after; }
  // Takes up to `wanted` tokens; without a limit, all that are wanted.
  [[nodiscard]] std::uint32_t take(MonoTime now, std::uint32_t wanted);
  // Puts back tokens that were taken and not used.
  void give_back(std::uint32_t unused) { tokens_ += limits() ? unused : 0; }
  // When there will be `wanted` tokens, or as many as the bucket holds. Requires: limits(), and take() was called at
  // `now`.
  [[nodiscard]] MonoTime next(MonoTime now, std::uint32_t wanted) const;
  // Another limit, from now on.
  void reconfigure(const RateLimit& limit);

 private:
  [[nodiscard]] double capacity() const;
  void refill(MonoTime now);

  RateLimit limit_;
  double tokens_;
  MonoTime refilled_{};
};

}  // namespace respand::delivery
