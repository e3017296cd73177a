#pragma once
// AcceptedRun: how many requests were accepted since the last silence, and when, in a fixed number of counts of equal
// width. When all counts are in use they are added up in pairs, so that a run of a second and one of a day both fit.
// Used by RateEstimate. Pure.

#include <array>
#include <chrono>

#include "respand/base/units.h"

namespace respand::delivery {

class AcceptedRun {
 public:
  void restart(MonoTime now);
  void add(MonoTime at);
  // The highest rate (a second) of any stretch that ends now, after `burst` of its acceptances are taken off: those may
  // have been the API's burst.
  [[nodiscard]] double most_beyond(double burst, MonoTime now) const;
  [[nodiscard]] double total() const { return total_; }

 private:
  MonoTime begin_{};
  Duration width_{std::chrono::milliseconds{10}};
  double total_ = 0;
  std::array<float, 64> counts_{};
};

}  // namespace respand::delivery
