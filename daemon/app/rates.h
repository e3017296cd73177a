#pragma once
// Totals: what has become of all records since the start, read from the counters. Rates: how many of them a second in
// about the last minute. For `status` and the metrics. io thread.

#include <array>
#include <cstdint>

#include "respand/base/units.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

// Sums of the counters over their labels, since the start.
struct Totals {
  std::uint64_t received = 0;
  std::uint64_t rejected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t damaged = 0;  // of the dropped ones, those that the disk has lost
};
[[nodiscard]] Totals totals_of(const metrics::Registry& metrics);

// Totals at regular intervals, for rates over about the last minute.
class Rates {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{10};

  explicit Rates(MonoTime start) { samples_.fill({start, {}}); }
  void sample(MonoTime now, const Totals& totals);
  // Records a second since the oldest sample.
  [[nodiscard]] double received(MonoTime now, const Totals& totals) const;
  [[nodiscard]] double delivered(MonoTime now, const Totals& totals) const;

 private:
  struct Sample {
    MonoTime time;
    Totals totals;
  };
  [[nodiscard]] double rate(MonoTime now, std::uint64_t more) const;

  std::array<Sample, 6> samples_;
  std::size_t oldest_ = 0;
};

}  // namespace respand::app
