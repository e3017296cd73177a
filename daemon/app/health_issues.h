#pragma once
// What is wrong with the daemon (health_issue.h): first what stands in the way of records, then what does not. Found
// anew for each look, for `status`, the status page, /readyz and the metrics. Pure; io thread.

#include <string_view>

#include "app/health_issue.h"
#include "delivery/delivery.h"
#include "ledger/ledger.h"
#include "respand/base/units.h"
#include "respand/config/config.h"
#include "respand/journal/snapshot.h"
#include "respand/net/crowd.h"
#include "sockets/http_refusals.h"
#include "spool/spool.h"

namespace respand::app {

struct FleetState;

// Borrowed for the call.
struct HealthInputs {
  const config::Config& config;
  std::string_view config_file;
  const journal::Snapshot& journal;
  const delivery::State& delivery;
  WallTime delivery_since;  // where that is not normal
  const ledger::State& ledger;
  const spool::SpoolIssue& spool;
  const spool::Spool::State& spool_state;
  std::string_view lost_socket{};  // its path and why it is lost; empty: none
  net::Crowd crowd{};
  sockets::Unserved unserved{};
  std::string_view shortage{};        // of descriptors; empty: none
  std::uint64_t damaged = 0;          // records lost to damage since the start
  const FleetState* fleet = nullptr;  // null: this host is in no fleet
  WallTime now{};
};
// Worst first.
[[nodiscard]] HealthIssues find_issues(const HealthInputs& inputs);

// Whether no record can be taken: the journal is full, or can't be written.
[[nodiscard]] inline bool is_blocked(const journal::Snapshot& journal) {
  return journal.condition != journal::Condition::kNone;
}

}  // namespace respand::app
