#include "app/status_source.h"

#include <algorithm>
#include <utility>

#include "app/cost_status.h"

namespace respand::app {

StatusSource::StatusSource(const config::Config& config, std::string config_file, const Descriptors& descriptors,
                           const Pipeline& pipeline, const metrics::Registry& registry)
    : config_(config),
      config_file_(std::move(config_file)),
      descriptors_(descriptors),
      pipeline_(pipeline),
      registry_(registry) {}

void StatusSource::sample_rates() { rates_.sample(system_clock().mono(), totals_of(registry_)); }

Duration StatusSource::oldest_age() const {
  const auto oldest = pipeline_.journal().oldest();
  return oldest ? std::max(Duration{0}, system_clock().wall() - *oldest) : Duration{0};
}

HealthIssues StatusSource::issues(const journal::Snapshot& journal, const delivery::State& delivery,
                                  const ledger::State& ledger, const spool::Spool::State& spool, const Totals& totals,
                                  const FleetState* fleet) const {
  sockets::SocketIntake* const sockets = pipeline_.sockets();
  const std::string shortage = descriptors_.shortage(config_);
  const std::string lost_socket = sockets != nullptr ? sockets->lost() : std::string();
  const spool::SpoolIssue spool_issue =
      pipeline_.spool() != nullptr ? pipeline_.spool()->current_issue() : spool::SpoolIssue{};
  const WallTime now = system_clock().wall();
  return find_issues({.config = config_,
                      .config_file = config_file_,
                      .journal = journal,
                      .delivery = delivery,
                      .delivery_since = now - (system_clock().mono() - delivery.upstream.since),
                      .ledger = ledger,
                      .spool = spool_issue,
                      .spool_state = spool,
                      .lost_socket = lost_socket,
                      .crowd = sockets != nullptr ? sockets->crowd() : net::Crowd{},
                      .unserved = sockets != nullptr ? sockets->unserved() : sockets::Unserved{},
                      .shortage = shortage,
                      .damaged = totals.damaged,
                      .fleet = fleet,
                      .now = now});
}

std::string StatusSource::make(const Form& form) {
  const Totals totals = totals_of(registry_);
  const MonoTime now = system_clock().mono();
  const WallTime wall = system_clock().wall();
  const journal::Snapshot journal = pipeline_.journal().snapshot();
  const delivery::State delivery = pipeline_.delivery().state();
  const delivery::UpstreamGate::State& upstream = delivery.upstream;
  const ledger::State ledger = pipeline_.ledger().state();
  const spool::Spool::State spool = pipeline_.spool() != nullptr ? pipeline_.spool()->state() : spool::Spool::State{};
  const std::vector<sockets::PeerCount> users =
      pipeline_.sockets() != nullptr ? pipeline_.sockets()->users() : std::vector<sockets::PeerCount>{};
  const std::string spend = spend_json(ledger);
  const std::string more = spend_lines(ledger);
  const FleetState fleet_state = pipeline_.fleet().state();
  const FleetState* const fleet = fleet_state.edge || fleet_state.relay ? &fleet_state : nullptr;
  HealthIssues found = issues(journal, delivery, ledger, spool, totals, fleet);
  since_.note(found, wall);
  return form({.config = config_,
               .journal = journal,
               .delivery = delivery,
               .totals = totals,
               .issues = found,
               .users = users,
               .spool = spool.waiting,
               .now = wall,
               .received_rate = rates_.received(now, totals),
               .delivered_rate = rates_.delivered(now, totals),
               .next_try = std::max(Duration{0}, upstream.next_try - now),
               .error_age = std::max(Duration{0}, now - upstream.failed_at),
               .error_over = upstream.good_since == MonoTime{} ? WallTime{} : wall - (now - upstream.good_since),
               .oldest_age = oldest_age(),
               .up = now - started_,
               .spend = spend,
               .more = more,
               .metrics = &registry_,
               .fleet = fleet});
}

}  // namespace respand::app
