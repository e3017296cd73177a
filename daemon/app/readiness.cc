#include "app/readiness.h"

#include <algorithm>
#include <array>

#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::array<std::string_view, 3> kOfTheJournal = {"journal", "journal_full", "disk_full"};
constexpr std::array<std::string_view, 2> kOfTheListeners = {"socket", "connections"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& kinds, std::string_view kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool hinders_delivery_or_intake(const HealthIssue& issue) {
  return issue.severity == HealthIssue::Severity::kStops && issue.kind != "held";
}

// A full journal that drops its oldest records takes new ones.
bool hinders_intake(const StatusSnapshot& look, const HealthIssue& issue) {
  if (issue.severity != HealthIssue::Severity::kStops) {
    return false;
  }
  const bool drops = look.config.journal.when_full == config::WhenFull::kDropOldest && issue.kind == "journal_full";
  return among(kOfTheListeners, issue.kind) || (among(kOfTheJournal, issue.kind) && !drops);
}

std::string line_of(const StatusSnapshot& look, const HealthIssue& issue) {
  return cat("not ready: ", issue.text(look.now), "\n");
}

}  // namespace

bool is_ready(const StatusSnapshot& look) {
  return std::none_of(look.issues.begin(), look.issues.end(), hinders_delivery_or_intake);
}

std::string ready_text(const StatusSnapshot& look) {
  std::string reasons;
  std::string notes;
  for (const HealthIssue& issue : look.issues) {
    if (hinders_delivery_or_intake(issue)) {
      reasons += line_of(look, issue);
    } else if (issue.kind == "stuck") {
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
