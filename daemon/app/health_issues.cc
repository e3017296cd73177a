#include "app/health_issues.h"

#include <algorithm>

#include "app/issue_finders.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

void find_ledger_issues(const HealthInputs& see, HealthIssues& issues) {
  if (see.ledger.condition != ledger::Condition::kNone) {
    issues.push_back({.kind = IssueKind::kLedger,
                      .severity = HealthIssue::Severity::kHinders,
                      .what = "costs are not counted",
                      .why = see.ledger.issue,
                      .remedy = cat("check ", see.config.costs.directory, "; it is tried again by itself")});
  }
}

void find_uncounted_records(const HealthInputs& see, HealthIssues& issues) {
  if (see.ledger.missed > 0) {
    issues.push_back({.kind = IssueKind::kLedgerMissed,
                      .severity = HealthIssue::Severity::kHappened,
                      .what = cat(count_of(see.ledger.missed, "record"), " went uncounted by the ledger"),
                      .why = {},
                      .remedy = {}});
  }
}

}  // namespace

HealthIssues find_issues(const HealthInputs& see) {
  HealthIssues issues;
  find_upstream_issues(see, issues);
  find_fleet_issues(see, issues);
  const auto upstream = static_cast<std::ptrdiff_t>(issues.size());
  find_journal_issues(see, issues);
  // An API that fails fills the journal by and by; that writers wait is then the news.
  if (see.delivery.upstream.mode != delivery::Mode::kPaused) {
    std::rotate(issues.begin(), issues.begin() + upstream, issues.end());
  }
  find_connection_issues(see, issues);
  find_route_issues(see, issues);
  find_unserved_paths(see, issues);
  find_unmet_requirements(see, issues);
  find_dead_letter_issues(see, issues);
  find_stuck_records(see, issues);
  find_spool_issues(see, issues);
  find_ledger_issues(see, issues);
  find_lost_records(see, issues);
  find_uncounted_records(see, issues);
  return issues;
}

}  // namespace respand::app
