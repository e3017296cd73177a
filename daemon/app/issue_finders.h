#pragma once
// The functions behind find_issues(), one for each area. Each appends what is wrong there, the worst first. Used by
// health_issues.cc; pure; io thread.

#include <string>
#include <string_view>

#include "app/health_issues.h"

namespace respand::app {

// The end of a remedy that changes the configuration.
inline constexpr std::string_view kThenReload = " and run: systemctl reload respand";

// upstream_issues.cc: delivery waits or is paused.
void find_upstream_issues(const HealthInputs& see, HealthIssues& issues);
// Other routes than that of records, or other keys, that wait; records go on meanwhile.
void find_route_issues(const HealthInputs& see, HealthIssues& issues);
// Records that fail again and again while others are delivered.
void find_stuck_records(const HealthInputs& see, HealthIssues& issues);
// What ends a pause. Requires: delivery is paused.
[[nodiscard]] std::string remedy_of_pause(const HealthInputs& see);
// How to get stuck records out of the journal. Requires: there are some.
[[nodiscard]] std::string remedy_of_stuck_records(const HealthInputs& see);

// fleet_issues.cc: an edge whose records do not reach the NATS stream, a relay that gets no messages.
void find_fleet_issues(const HealthInputs& see, HealthIssues& issues);
// The cluster may lose records.
void find_unmet_requirements(const HealthInputs& see, HealthIssues& issues);

// storage_issues.cc: the journal takes no records.
void find_journal_issues(const HealthInputs& see, HealthIssues& issues);
// Dead letters can't be written.
void find_dead_letter_issues(const HealthInputs& see, HealthIssues& issues);
// What has happened and can't be undone: records became dead letters, or were lost by the disk.
void find_lost_records(const HealthInputs& see, HealthIssues& issues);

// spool_issues.cc: the directory, and files that wait in it.
void find_spool_issues(const HealthInputs& see, HealthIssues& issues);

// writer_issues.cc: writers that are turned away.
void find_connection_issues(const HealthInputs& see, HealthIssues& issues);
// Clients that post where nothing is served.
void find_unserved_paths(const HealthInputs& see, HealthIssues& issues);

}  // namespace respand::app
