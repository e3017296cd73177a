#pragma once
// Status: one look at the daemon, for people (at most 15 lines, what is wrong and what to do about it first) and for
// programs (JSON). Made for the control socket and the status page. io thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/health_issues.h"
#include "delivery/delivery.h"
#include "journal/journal.h"
#include "respand/base/units.h"
#include "respand/config/config.h"
#include "respand/metrics/metrics.h"
#include "sockets/peer_quotas.h"

namespace respand::app {

// Sums of the counters over their labels, since the start.
struct Totals {
  std::uint64_t received = 0;
  std::uint64_t rejected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t damaged = 0;  // of those dropped: lost to the disk
};
[[nodiscard]] Totals totals_of(const metrics::Registry& metrics);

// Totals at regular intervals, for rates over about the last minute.
class Rates {
 public:
  static constexpr Duration kInterval = std::chrono::seconds{10};

  explicit Rates(MonoTime start) { samples_.fill({start, {}}); }
  void sample(MonoTime now, const Totals& totals);
  // Since the oldest sample, a second.
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

// All that is shown. Borrowed for the call.
struct StatusSnapshot {
  const config::Config& config;
  const journal::Snapshot& journal;
  const delivery::State& delivery;
  const Totals& totals;
  const std::vector<HealthIssue>& issues;        // worst first
  const std::vector<sockets::PeerCount>& users;  // who hands records in, most first
  const spool::SpoolWaiters& spool;
  WallTime now{};
  double received_rate = 0;   // a second
  double delivered_rate = 0;  // a second
  Duration next_try{0};       // until delivery tries again, where it waits
  Duration error_age{0};      // of the last error
  WallTime error_over{};      // since when it is over; 1970: it is not
  Duration oldest_age{0};     // of the oldest record in the backlog
  Duration up{0};
  std::string_view spend = "{}";               // a JSON object (cost_status.h)
  std::string_view more{};                     // further lines, each with its end
  const metrics::Registry* metrics = nullptr;  // for tables in JSON
};
// When the journal is full at these rates; nothing where it does not fill.
[[nodiscard]] std::optional<Duration> journal_full_in(const StatusSnapshot& look);
[[nodiscard]] std::string status_text(const StatusSnapshot& look);
[[nodiscard]] std::string status_json(const StatusSnapshot& look);
// One line for `systemctl status`.
[[nodiscard]] std::string status_line(const StatusSnapshot& look);

}  // namespace respand::app
