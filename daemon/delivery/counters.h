#pragma once
// The metrics of delivery (docs/operations.md). One Counters a worker, all of them on the same series; the labels'
// values are statuses and the few names of failures, hence bounded. Its worker's thread.

#include <map>
#include <string>
#include <string_view>

#include "respand/http/client.h"
#include "respand/metrics/metrics.h"

namespace respand::delivery {

class Counters {
 public:
  explicit Counters(metrics::Registry& registry);

  // An attempt was answered.
  void request(const http::Answer& answer);
  // A record will be tried again because of this answer.
  void retry(const http::Answer& answer);
  void delivered(std::uint64_t records) { delivered_.add(static_cast<double>(records)); }
  void dead_lettered(std::string_view reason, std::uint64_t records);
  // From receipt to delivery.
  void lag(Duration lag);

 private:
  [[nodiscard]] metrics::Counter dead_letters(std::string_view reason);
  struct StatusCounters {
    metrics::Counter requests;
    metrics::Counter retries;
  };
  [[nodiscard]] const StatusCounters& of(const http::Answer& answer);

  metrics::Registry& registry_;
  metrics::Counter delivered_;
  metrics::Histogram seconds_;
  metrics::Histogram lag_;
  metrics::Gauge clock_offset_;
  std::map<int, StatusCounters> by_status_;  // by status, or by failure as a negative number
};

}  // namespace respand::delivery
