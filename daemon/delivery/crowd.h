#pragma once
// Crowd: how many requests were under way when one left that was accepted. It tells what a refusal is about: where
// twice as many at once were taken a moment ago, it is not about how many there are at once, but about how many there
// are a second. Used by UpstreamGate, under its mutex. Pure.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace respand::delivery {

class Crowd {
 public:
  // Above this many at once the adaptive limit meets either kind of refusal rarely enough; below, one more at once is a
  // large part more a second.
  static constexpr std::uint32_t kMost = 7;

  void accepted(std::uint32_t under_way);
  // Above this many nothing is told.
  static constexpr std::uint32_t kMostTold = 64;
  // Whether of late many were accepted that left among twice as many, or from kMost on four times.
  [[nodiscard]] bool is_small(std::uint32_t under_way) const;

 private:
  std::vector<double> counts_;  // by number under way
  double total_ = 0;
};

}  // namespace respand::delivery
