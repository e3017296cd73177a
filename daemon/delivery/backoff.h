#pragma once
// Exponential backoff with jitter: how long a record, or the whole upstream, is left alone after failures in a row.
// Used by UpstreamGate and Worker. Pure; any thread.

#include <chrono>
#include <cstdint>
#include <vector>

#include "respand/base/random.h"
#include "respand/base/units.h"

namespace respand::delivery {

// Statuses that the operator has classified in the configuration; this counts before the table of verdict.h.
struct StatusOverrides {
  std::vector<std::uint16_t> permanent;  // the record's fault: to the dead letters
  std::vector<std::uint16_t> transient;  // tried again
};

// delivery.retry of the configuration.
struct Retry {
  Duration initial = std::chrono::milliseconds{250};
  Duration max = std::chrono::seconds{60};
  Duration max_age{0};             // 0: try for ever
  std::uint32_t max_attempts = 0;  // 0: try for ever
  StatusOverrides statuses{};
};

// initial · 2^step, at most `max`.
[[nodiscard]] Duration ceiling(Duration initial, Duration max, std::uint32_t step) noexcept;
// Uniform between 0 and the ceiling: many records that failed together come back spread out.
[[nodiscard]] Duration full_jitter(Duration initial, Duration max, std::uint32_t step, Random& random);
// Uniform between half the ceiling and the ceiling. For probes: two in quick succession tell no more than one.
[[nodiscard]] Duration half_jitter(Duration initial, Duration max, std::uint32_t step, Random& random);

}  // namespace respand::delivery
