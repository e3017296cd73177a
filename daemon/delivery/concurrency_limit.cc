#include "delivery/concurrency_limit.h"

#include <algorithm>
#include <ratio>
#include <utility>

namespace respand::delivery {
namespace {

// What is left of the limit after the first push-back of a round trip, and at least after all of them.
constexpr double kGentleCut = 0.9;
constexpr double kHardestCut = 0.5;
// What is left of it while a long latency is tried out.
constexpr double kLatencyCut = 0.7;
// A median above this many usual ones is too long.
constexpr int kTolerance = 2;
// A trial has worked where the latency fell below this share of what it was. If the queue was of our own making it
// falls to kLatencyCut.
using WorthIt = std::ratio<9, 10>;
// The usual median takes a quarter of each step down. It goes up only after a trial: otherwise a queue of our own
// making would become usual.
constexpr int kDown = 4;
// A median is taken over as many answers as are in flight, within these bounds.
constexpr std::size_t kSmallestWindow = 16;
constexpr std::size_t kLargestWindow = 256;

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(std::uint32_t most, std::uint32_t first)
    : most_(most), limit_(std::min<double>(first, most)), threshold_(most_) {
  measure_anew();
}

void ConcurrencyLimit::set_most(std::uint32_t most) {
  threshold_ = threshold_ == most_ ? most : threshold_;  // nothing has pushed back yet: fast start goes on
  most_ = most;
  set(limit_);
}

void ConcurrencyLimit::set(double limit) { limit_ = std::clamp(limit, 1.0, most_); }

void ConcurrencyLimit::measure_anew() {
  latencies_.clear();
  window_ = std::clamp<std::size_t>(value(), kSmallestWindow, kLargestWindow);
}

// Grows only where the limit was reached (credit), latency is as usual, and no trial holds it. Fast up to the
// threshold, then by one a round trip.
void ConcurrencyLimit::grow(bool may_probe) {
  if (credit_ == 0 || phase_ != Phase::kGrowing || before_half_ > 0) {
    return;
  }
  --credit_;
  if (limit_ < threshold_) {
    set(std::min(limit_ + 1, threshold_));
  } else if (may_probe) {
    set(limit_ + 1 / std::max(limit_, kPatientBelow));
  }
}

bool ConcurrencyLimit::succeeded(bool current, std::optional<Duration> latency, bool may_probe) {
  if (current && latency) {
    latencies_.push_back(*latency);
    if (latencies_.size() >= window_) {
      const auto middle = latencies_.begin() + static_cast<std::ptrdiff_t>(latencies_.size() / 2);
      std::nth_element(latencies_.begin(), middle, latencies_.end());
      const Duration median = *middle;
      const bool measures = judge(median);
      measure_anew();
      if (measures) {
        return true;
      }
    }
  }
  grow(may_probe);
  return false;
}

// What the median of a round trip means; see "Rising latency" in the header. True: a measurement begins.
bool ConcurrencyLimit::judge(Duration median) {
  const bool known = usual_ > Duration{0};
  const bool too_long = known && median > usual_ * kTolerance + kLatencySlack;
  switch (phase_) {
    case Phase::kGrowing:
      if (too_long && credit_ > 0 && limit_ > 1) {
        phase_ = Phase::kMeasuring;
        return true;
      }
      if (!known) {
        usual_ = median;
      } else if (median < usual_) {
        usual_ -= (usual_ - median) / kDown;
      }
      return false;
    case Phase::kMeasuring:
      phase_ = too_long ? Phase::kTrial : Phase::kGrowing;
      before_trial_ = limit_;
      long_latency_ = median;
      if (too_long) {
        set(limit_ * kLatencyCut);
        threshold_ = limit_;
      }
      return too_long;
    case Phase::kTrial:
      phase_ = Phase::kGrowing;
      if (median > long_latency_ * WorthIt::num / WorthIt::den) {
        set(before_trial_);
        usual_ = median;
      }
      return false;
  }
  return false;
}

// The first push-back of a round trip is a gentle cut; each further one of the same round trip takes its own slot away,
// so that the whole cut is in proportion to the share refused, and at most half.
void ConcurrencyLimit::refused(bool current) {
  phase_ = Phase::kGrowing;
  measure_anew();
  if (current) {
    before_cut_ = limit_;
    refused_ = 1;
    set(std::min(limit_ * kGentleCut, limit_ - 1));
    threshold_ = limit_;
  } else if (before_cut_ > 0) {
    ++refused_;
    set(std::min(limit_, std::max(before_cut_ * kHardestCut, before_cut_ - refused_)));
    threshold_ = limit_;
  }
}

void ConcurrencyLimit::try_half() {
  phase_ = Phase::kGrowing;
  before_half_ = limit_;
  set(limit_ / 2);
  measure_anew();
}

void ConcurrencyLimit::end_trial(double part) {
  set(std::exchange(before_half_, 0) * part);
  threshold_ = part < 1 ? limit_ : std::max(threshold_, limit_);
  measure_anew();
}

// Fast start goes up to the last good limit, which stays as the threshold; an open trial counts as if it had not been.
void ConcurrencyLimit::restart() {
  set(std::max(limit_, std::exchange(before_half_, 0)));
  threshold_ = std::max(limit_, threshold_);
  set(std::min<double>(limit_, kFirst));
  before_cut_ = 0;
  phase_ = Phase::kGrowing;
  measure_anew();
}

}  // namespace respand::delivery
