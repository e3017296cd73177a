#pragma once
// AcceptedConcurrency: how many requests were in flight when one left that was accepted. It tells what a refusal is
// about: where twice as many at once were taken a moment ago, it is not about how many there are at once, but about how
// many there are a second. Used by RateControl. Pure.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace respand::delivery {

class AcceptedConcurrency {
 public:
  // Above this many at once the adaptive limit meets either kind of refusal rarely enough; below, one more at once is a
  // large part more a second.
  static constexpr std::uint32_t kFew = 7;

  // A request that left while so many were in flight, with it, was accepted.
  void accepted(std::uint32_t in_flight);
  // Above this many nothing is told.
  static constexpr std::uint32_t kMaxTold = 64;
  // Whether of late many were accepted that left among twice as many, or from kFew on four times.
  [[nodiscard]] bool is_low(std::uint32_t in_flight) const;

 private:
  std::vector<double> counts_;  // accepted, by number in flight
  double total_ = 0;
};

}  // namespace respand::delivery
