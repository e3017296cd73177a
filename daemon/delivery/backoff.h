#pragma once
// Exponential backoff with jitter: how long a record, or the whole destination, is left alone after failures in a row.
// Used by Destination and Worker. Pure; any thread.

#include <chrono>
#include <cstdint>

#include "respand/base/random.h"
#include "respand/base/units.h"

namespace respand::delivery {

// retry.initial, retry.max and retry.max_age of the configuration.
struct Retry {
  Duration initial = std::chrono::milliseconds{250};
  Duration max = std::chrono::seconds{60};
  Duration max_age{0};  // 0: try for ever
};

// initial · 2^step, at most `max`.
[[nodiscard]] Duration ceiling(Duration initial, Duration max, std::uint32_t step) noexcept;
// Uniform between 0 and the ceiling: many records that failed together come back spread out.
[[nodiscard]] Duration full_jitter(Duration initial, Duration max, std::uint32_t step, Random& random);
// Uniform between half the ceiling and the ceiling: for probes, of which two in quick succession tell no more than one.
[[nodiscard]] Duration half_jitter(Duration initial, Duration max, std::uint32_t step, Random& random);

}  // namespace respand::delivery
