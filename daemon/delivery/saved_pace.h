#pragma once
// SavedPace: the pace that was saved last for the next start, and when it is to be saved again. Used by RateControl.
// Pure.

#include <chrono>
#include <cmath>
#include <optional>

#include "delivery/pace.h"
#include "respand/base/units.h"

namespace respand::delivery {

class SavedPace {
 public:
  // A rate that was found just now is a guess: it is saved only after it has held for so long, and again where it has
  // changed by more than kChange.
  static constexpr Duration kOther = std::chrono::seconds{10};
  static constexpr double kChange = 0.05;
  // A rate that is the same is saved again only after so long, if the API has confirmed it with a refusal.
  static constexpr Duration kSame = std::chrono::minutes{10};

  SavedPace() = default;
  SavedPace(const LearnedPace& saved, MonoTime now) : saved_(saved), at_(now), begun_(true) {}

  // What is to be saved now, if anything.
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
    const bool other = std::abs(learned.rate - saved_.rate) > kChange * learned.rate;
    const bool confirmed = learned.age < now - at_;
    if (!other && (!confirmed || now - at_ < kSame)) {
      return std::nullopt;
    }
    saved_ = learned;
    at_ = now;
    return learned;
  }

 private:
  LearnedPace saved_;
  MonoTime at_{};
  bool begun_ = false;
};

}  // namespace respand::delivery
