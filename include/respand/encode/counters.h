#pragma once
// The metrics of one input (docs/operations.md). A record that came in is counted in `received` once, and in `rejected`
// as well where it was not taken: in both when that is known. One that waits for room in the journal, under
// journal.when_full: block, has not come in yet.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "respand/metrics/metrics.h"
#include "respand/record/missing_usage.h"
#include "respand/record/record_parser.h"

namespace respand::encode {

// Values of the label `input`.
inline constexpr std::string_view kInputSocket = "socket";
inline constexpr std::string_view kInputHttp = "http";
inline constexpr std::string_view kInputDatagram = "datagram";
inline constexpr std::string_view kInputSpool = "spool";

struct Counters {
  Counters(metrics::Registry& registry, std::string_view input_label);
  void rejected(record::Reason reason, double n = 1) const { rejected_[static_cast<std::size_t>(reason)].add(n); }

  std::string_view input;  // one of the constants above
  metrics::Counter received;
  metrics::Counter bytes;
  metrics::Counter rejected_full;     // reason="journal_full"
  metrics::Counter rejected_stopped;  // reason="stopping": read, but the journal shut down first; never acknowledged
  metrics::Counter
      rejected_request;  // reason="bad_request": HTTP that is not HTTP, a body that ends early, an unknown !command
  metrics::Counter rejected_rate;  // reason="rate_limited": a datagram of a user over socket.rate_limit
  metrics::Gauge connections;

 private:
  std::array<metrics::Counter, 6> rejected_;  // by record::Reason
};

// The counters of missing usage, by reason.
class MissingCounters {
 public:
  explicit MissingCounters(metrics::Registry& registry);
  void add(record::MissingSet missing) const;

 private:
  std::vector<metrics::Counter> counters_;  // by record::Missing
};

}  // namespace respand::encode
