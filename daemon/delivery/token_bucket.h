#pragma once
// TokenBucket: how many requests may begin under delivery.rate_limit. Tokens for a tenth of a second may gather, so
// that a worker need not wake up more than ten times a second. Used by UpstreamGate, under its mutex. Pure; time is the
// caller's.

#include <cstdint>

#include "respand/base/units.h"

namespace respand::delivery {

class TokenBucket {
 public:
  // Full at first. `rate`: requests a second; 0: no limit.
  explicit TokenBucket(std::uint32_t rate);

  [[nodiscard]] bool limits() const { return rate_ != 0; }
  // Takes up to `wanted` tokens; without a limit, all that are wanted.
  [[nodiscard]] std::uint32_t take(MonoTime now, std::uint32_t wanted);
  // Puts back tokens that were taken and not used.
  void give_back(std::uint32_t unused) { tokens_ += limits() ? unused : 0; }
  // When there will be `wanted` tokens, or as many as the bucket holds. Requires: limits(), and take() was called at
  // `now`.
  [[nodiscard]] MonoTime next(MonoTime now, std::uint32_t wanted) const;
  // Another rate, from now on.
  void reconfigure(std::uint32_t rate);

 private:
  [[nodiscard]] double capacity() const;

  std::uint32_t rate_;
  double tokens_;
  MonoTime refilled_{};
};

}  // namespace respand::delivery
