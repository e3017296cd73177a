#include "delivery/backoff.h"

#include <algorithm>

namespace respand::delivery {
namespace {

// Uniform between 0 and the limit, both included.
Duration below(Duration limit, Random& random) {
  return Duration{static_cast<Duration::rep>(
      random.below(static_cast<std::uint64_t>(std::max<Duration::rep>(limit.count(), 0)) + 1))};
}

}  // namespace

Duration ceiling(Duration initial, Duration max, std::uint32_t step) noexcept {
  Duration limit = std::min(std::max(initial, Duration{1}), max);
  // Doubling ends at `max`, so that a large step neither overflows nor takes long.
  for (; step > 0 && limit < max; --step) {
    limit = limit > max / 2 ? max : limit * 2;
  }
  return limit;
}

Duration full_jitter(Duration initial, Duration max, std::uint32_t step, Random& random) {
  return below(ceiling(initial, max, step), random);
}

Duration half_jitter(Duration initial, Duration max, std::uint32_t step, Random& random) {
  const Duration limit = ceiling(initial, max, step);
  return limit / 2 + below(limit - limit / 2, random);
}

}  // namespace respand::delivery
