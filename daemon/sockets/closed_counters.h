#pragma once
// The counters of connections that respand closed, by reason (docs/operations.md). io thread.

#include "respand/metrics/metrics.h"

namespace respand::sockets {

// Connections that respand closed although the writer had not asked for it.
struct ClosedCounters {
  explicit ClosedCounters(metrics::Registry& registry);
  metrics::Counter too_many;          // over max_connections, or over TCP's part of them
  metrics::Counter too_many_of_user;  // over max_connections_per_user
  metrics::Counter gave_way;          // of no use for a while, when all places were taken
  metrics::Counter timed_out;         // a request, or the next one, did not come in time
  metrics::Counter not_allowed;       // its user is not in allow_uids
  metrics::Counter stalled;           // held memory for an unfinished record, made no progress and kept others waiting
  metrics::Counter no_descriptor;     // the process has no descriptor left
};

}  // namespace respand::sockets
