#pragma once
// The metrics of one input (docs/operations.md). A record that came in is counted in `received` once, and in one of the
// `rejected` counters as well where it was not taken; both are counted when it is known what became of the record. A
// record that waits for room in the journal, under journal.when_full: block, has not come in yet. Any thread.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "respand/metrics/metrics.h"
#include "respand/record/missing_usage.h"
#include "respand/record/record_parser.h"

namespace respand::encode {

// The values of the label `input`.
inline constexpr std::string_view kInputSocket = "socket";
inline constexpr std::string_view kInputHttp = "http";
inline constexpr std::string_view kInputDatagram = "datagram";
inline constexpr std::string_view kInputSpool = "spool";

// The counters of one input. Copies count into the same metrics.
struct Counters {
  // `input_label` is one of the constants above.
  Counters(metrics::Registry& registry, std::string_view input_label);
  // Counts records that were refused for this reason.
  void rejected(record::Reason reason, double n = 1) const { rejected_[static_cast<std::size_t>(reason)].add(n); }

  std::string_view input;             // one of the constants above
  metrics::Counter received;          // records, taken or not
  metrics::Counter bytes;             // read from writers
  metrics::Counter rejected_full;     // reason="journal_full"
  metrics::Counter rejected_stopped;  // reason="stopping": read, but the journal shut down first; never acknowledged
  metrics::Counter
      rejected_request;  // reason="bad_request": what is not HTTP, a body that ends early, an unknown !command
  metrics::Counter rejected_rate;  // reason="rate_limited": a datagram of a user over socket.rate_limit
  metrics::Gauge connections;      // open now

 private:
  std::array<metrics::Counter, 6> rejected_;  // by record::Reason
};

// The counters of missing usage, by reason.
class MissingCounters {
 public:
  // Registers all of them.
  explicit MissingCounters(metrics::Registry& registry);
  // Counts each of the reasons once.
  void add(record::MissingSet missing) const;

 private:
  std::vector<metrics::Counter> counters_;  // by record::Missing
};

}  // namespace respand::encode
