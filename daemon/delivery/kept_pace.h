#pragma once
// KeptPace: what of the pace was kept last for the next start, and when it is to be kept again. Used by UpstreamGate,
// under its mutex. Pure.

#include <chrono>
#include <cmath>
#include <optional>

#include "delivery/pace.h"
#include "respand/base/units.h"

namespace respand::delivery {

class KeptPace {
 public:
  // A rate that was found just now is a guess: it is kept when it has stood the test of so long, and again where it has
  // changed by more than kChange.
  static constexpr Duration kOther = std::chrono::seconds{10};
  static constexpr double kChange = 0.05;
  // Where it is the same, but the API has confirmed it with a refusal.
  static constexpr Duration kSame = std::chrono::minutes{10};

  KeptPace() = default;
  KeptPace(const LearnedPace& kept, MonoTime now) : kept_(kept), at_(now), begun_(true) {}

  // What is to be kept now, if anything.
  [[nodiscard]] std::optional<LearnedPace> next(const Pace& pace, MonoTime now) {
    if (!pace.known()) {
      return std::nullopt;
    }
    if (!begun_) {
      begun_ = true;
      at_ = now;
    }
    if (now - at_ < kOther) {
      return std::nullopt;
    }
    const LearnedPace learned = pace.learned(now);
    const bool other = std::abs(learned.rate - kept_.rate) > kChange * learned.rate;
    const bool confirmed = learned.age < now - at_;
    if (!other && (!confirmed || now - at_ < kSame)) {
      return std::nullopt;
    }
    kept_ = learned;
    at_ = now;
    return learned;
  }

 private:
  LearnedPace kept_;
  MonoTime at_{};
  bool begun_ = false;
};

}  // namespace respand::delivery
