#pragma once
// Status: the state of the daemon at one moment, as text for people (at most 15 lines; what is wrong and what to do
// about it comes first) and as JSON for programs. Made for the control socket and the status page. io thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/health_issues.h"
#include "app/rates.h"
#include "delivery/delivery.h"
#include "respand/base/units.h"
#include "respand/config/config.h"
#include "respand/journal/snapshot.h"
#include "respand/metrics/metrics.h"
#include "sockets/peer_quotas.h"

namespace respand::app {

// Everything that is shown. Borrowed for the call.
struct StatusSnapshot {
  const config::Config& config;
  const journal::Snapshot& journal;
  const delivery::State& delivery;
  const Totals& totals;
  const HealthIssues& issues;                    // worst first
  const std::vector<sockets::PeerCount>& users;  // what each peer has handed in, the most first
  const spool::SpoolWaiters& spool;
  WallTime now{};
  double received_rate = 0;   // a second
  double delivered_rate = 0;  // a second
  Duration next_try{0};       // until delivery tries again, if it waits
  Duration error_age{0};      // how long ago the last error was
  WallTime error_over{};      // since when the last error is over; 1970: it is not
  Duration oldest_age{0};     // of the oldest record in the backlog
  Duration up{0};
  std::string_view spend = "{}";               // a JSON object (cost_status.h)
  std::string_view more{};                     // further lines, each with its end
  const metrics::Registry* metrics = nullptr;  // for tables in JSON
  const FleetState* fleet = nullptr;           // null: this host is in no fleet
};

// status_text.cc: lines, each with its end.
[[nodiscard]] std::string status_text(const StatusSnapshot& look);
// status_json.cc: an object, as docs/openapi/control.yaml has it.
[[nodiscard]] std::string status_json(const StatusSnapshot& look);
// One line for `systemctl status`.
[[nodiscard]] std::string status_line(const StatusSnapshot& look);

// What these have in common:
// The worst issue, with what to do about it; "delivering" if there is none.
[[nodiscard]] std::string headline(const StatusSnapshot& look);
// Whether something is wrong now.
[[nodiscard]] bool is_wrong(const StatusSnapshot& look);
// Whether nothing is wrong now, but something happened in the last hour.
[[nodiscard]] bool is_news(const StatusSnapshot& look);
// In what time the journal is full at these rates; none where it does not fill.
[[nodiscard]] std::optional<Duration> journal_full_in(const StatusSnapshot& look);
// Where records go: the API's URL, or the stream and its server.
[[nodiscard]] std::string target_text(const config::Config& config);
// "0.4/s", "287/s".
[[nodiscard]] std::string rate_text(double rate);

}  // namespace respand::app
