#pragma once
// AcceptedRun: what was accepted since the last silence, by time, in a fixed number of counts: when all are in use they
// are added up in pairs, so that a run of a second and one of a day are both told. Used by RateEstimate. Pure.

#include <array>
#include <chrono>

#include "respand/base/units.h"

namespace respand::delivery {

class AcceptedRun {
 public:
  void restart(MonoTime now);
  void add(MonoTime at);
  // The most a second in any stretch that ends now, after `burst` of them.
  [[nodiscard]] double most_beyond(double burst, MonoTime now) const;
  [[nodiscard]] double total() const { return total_; }

 private:
  MonoTime begin_{};
  Duration width_{std::chrono::milliseconds{10}};
  double total_ = 0;
  std::array<float, 64> counts_{};
};

}  // namespace respand::delivery
