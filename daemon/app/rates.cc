#include "app/rates.h"

#include <algorithm>

namespace respand::app {

Totals totals_of(const metrics::Registry& metrics) {
  const auto sum = [&](std::string_view name, metrics::Labels labels = {}) {
    return static_cast<std::uint64_t>(metrics.sum(name, labels));
  };
  return {.received = sum("respand_records_received_total"),
          .rejected = sum("respand_records_rejected_total"),
          .delivered = sum("respand_records_delivered_total"),
          .dead_lettered = sum("respand_records_dead_lettered_total"),
          .dropped = sum("respand_records_dropped_total"),
          .damaged = sum("respand_records_dropped_total", {{"reason", "damaged"}})};
}

void Rates::sample(MonoTime now, const Totals& totals) {
  samples_[oldest_] = {now, totals};
  oldest_ = (oldest_ + 1) % samples_.size();
}

double Rates::rate(MonoTime now, std::uint64_t more) const {
  return static_cast<double>(more) / std::max(std::chrono::duration<double>(now - samples_[oldest_].time).count(), 1.0);
}
double Rates::received(MonoTime now, const Totals& totals) const {
  return rate(now, totals.received - samples_[oldest_].totals.received);
}
double Rates::delivered(MonoTime now, const Totals& totals) const {
  return rate(now, totals.delivered - samples_[oldest_].totals.delivered);
}

}  // namespace respand::app
