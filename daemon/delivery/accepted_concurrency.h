#pragma once
// AcceptedConcurrency: counts accepted requests by how many were in flight when each left. It tells what a refusal is
// about: where the API took requests among twice as many a moment ago, the refusal is not about how many there are at
// once, but about how many there are a second. Used by RateControl. Pure.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace respand::delivery {

class AcceptedConcurrency {
 public:
  // Below this many at once, one more request in flight raises the rate by a large part, so that a limit on concurrency
  // and one on the rate look alike. From here on the adaptive limit copes with either kind of refusal.
  static constexpr std::uint32_t kFew = 7;

  // A request that left while so many were in flight, with it, was accepted.
  void accepted(std::uint32_t in_flight);
  // From this many on is_low() says nothing: it is false.
  static constexpr std::uint32_t kMaxTold = 64;
  // Whether this concurrency is low: of late many requests were accepted that left among at least twice as many, or,
  // from kFew on, four times as many.
  [[nodiscard]] bool is_low(std::uint32_t in_flight) const;

 private:
  std::vector<double> counts_;  // accepted, by number in flight
  double total_ = 0;
};

}  // namespace respand::delivery
