#include "app/readiness.h"

#include <algorithm>

#include "respand/base/text.h"

namespace respand::app {
namespace {

bool hinders_delivery_or_intake(const HealthIssue& issue) {
  return issue.severity == HealthIssue::Severity::kStops && issue.kind != IssueKind::kHeld;
}

// Whether the issue keeps records from being taken in. A full journal that drops its oldest records does not.
bool hinders_intake(const StatusSnapshot& look, const HealthIssue& issue) {
  if (issue.severity != HealthIssue::Severity::kStops) {
    return false;
  }
  const IssueKind kind = issue.kind;
  const bool drops = look.config.journal.when_full == config::WhenFull::kDropOldest;
  return kind == IssueKind::kSocket || kind == IssueKind::kConnections || kind == IssueKind::kJournal ||
         kind == IssueKind::kDiskFull || (kind == IssueKind::kJournalFull && !drops);
}

std::string line_of(const StatusSnapshot& look, const HealthIssue& issue) {
  return cat("not ready: ", issue.text(look.now), "\n");
}

}  // namespace

bool is_ready(const StatusSnapshot& look) {
  return std::none_of(look.issues.begin(), look.issues.end(), hinders_delivery_or_intake);
}

bool takes_records(const StatusSnapshot& look) {
  return std::none_of(look.issues.begin(), look.issues.end(),
                      [&](const HealthIssue& issue) { return hinders_intake(look, issue); });
}

std::string ready_text(const StatusSnapshot& look) {
  std::string reasons;
  std::string notes;
  for (const HealthIssue& issue : look.issues) {
    if (hinders_delivery_or_intake(issue)) {
      reasons += line_of(look, issue);
    } else if (issue.kind == IssueKind::kStuck) {
      notes = issue.text(look.now) + "\n";
    }
  }
  return cat(reasons.empty() ? "ready\n" : reasons, notes);
}

std::string intake_text(const StatusSnapshot& look) {
  std::string reasons;
  for (const HealthIssue& issue : look.issues) {
    reasons += hinders_intake(look, issue) ? line_of(look, issue) : std::string();
  }
  return reasons.empty() ? "ready\n" : reasons;
}

}  // namespace respand::app
