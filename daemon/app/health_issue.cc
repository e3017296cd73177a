#include "app/health_issue.h"

#include <array>
#include <ctime>
#include <utility>

#include "respand/base/text.h"

namespace respand::app {
namespace {

constexpr std::size_t kMostWhy = 160;  // of a foreign text in a line for people

constexpr std::array<std::pair<IssueKind, std::string_view>, kIssueKinds> kNames{{
    {IssueKind::kKey, "key"},
    {IssueKind::kAccount, "account"},
    {IssueKind::kProxy, "proxy"},
    {IssueKind::kUpstreamWrong, "destination"},
    {IssueKind::kRefused, "refused"},
    {IssueKind::kApiDown, "api_down"},
    {IssueKind::kHeld, "held"},
    {IssueKind::kRoute, "route"},
    {IssueKind::kRejectedSpans, "rejected_spans"},
    {IssueKind::kStuck, "stuck"},
    {IssueKind::kJournal, "journal"},
    {IssueKind::kJournalFull, "journal_full"},
    {IssueKind::kDiskFull, "disk_full"},
    {IssueKind::kJournalDamaged, "journal_damaged"},
    {IssueKind::kDeadLetters, "dead_letters"},
    {IssueKind::kDeadLettersFull, "dead_letters_full"},
    {IssueKind::kDeadLettered, "dead_lettered"},
    {IssueKind::kSpool, "spool"},
    {IssueKind::kSpoolRejects, "spool_rejects"},
    {IssueKind::kSocket, "socket"},
    {IssueKind::kConnections, "connections"},
    {IssueKind::kDescriptors, "descriptors"},
    {IssueKind::kUnservedPath, "unserved_path"},
    {IssueKind::kNatsUnreachable, "nats_unreachable"},
    {IssueKind::kNatsCredentials, "nats_credentials"},
    {IssueKind::kNatsQuorum, "nats_quorum"},
    {IssueKind::kNatsStream, "nats_stream"},
    {IssueKind::kNatsStreamFull, "nats_stream_full"},
    {IssueKind::kNatsStreamLost, "nats_stream_lost"},
    {IssueKind::kNatsRequirements, "nats_requirements"},
    {IssueKind::kNatsAside, "nats_aside"},
    {IssueKind::kNatsSharing, "nats_sharing"},
    {IssueKind::kLedger, "ledger"},
    {IssueKind::kLedgerMissed, "ledger_missed"},
}};

}  // namespace

std::string_view name_of(IssueKind kind) noexcept {
  for (const auto& [known, name] : kNames) {
    if (known == kind) {
      return name;
    }
  }
  return "unknown";
}

std::optional<IssueKind> issue_kind_of(std::string_view name) noexcept {
  for (const auto& [kind, known] : kNames) {
    if (known == name) {
      return kind;
    }
  }
  return std::nullopt;
}

bool is_over(IssueKind kind) noexcept {
  return kind == IssueKind::kJournalDamaged || kind == IssueKind::kDeadLettered || kind == IssueKind::kSpoolRejects ||
         kind == IssueKind::kLedgerMissed;
}

std::string HealthIssue::text(WallTime now) const {
  if (whole) {
    return cat(what, remedy.empty() ? "" : ": ", remedy);
  }
  std::string in_brackets = printable(brief.empty() ? why : brief, kMostWhy);
  if (since != WallTime{} && !is_over(kind)) {
    in_brackets += cat(in_brackets.empty() ? "" : " ", "since ", clock_time(since, now));
  }
  return cat(what, in_brackets.empty() ? "" : cat(" (", in_brackets, ")"), remedy.empty() ? "" : "; ", remedy);
}

void IssueClock::note(HealthIssues& issues, WallTime now) {
  std::map<IssueKind, WallTime> still;
  for (HealthIssue& issue : issues) {
    if (is_over(issue.kind)) {
      continue;
    }
    const auto known = seen_.find(issue.kind);
    issue.since = issue.since != WallTime{} ? issue.since : known != seen_.end() ? known->second : now;
    still[issue.kind] = issue.since;
  }
  seen_ = std::move(still);
}

std::string clock_time(WallTime time, WallTime now) {
  const auto local = [](WallTime when) {
    const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
  };
  const std::tm then = local(time);
  const std::tm today = local(now);
  const bool same_day = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
  std::array<char, 32> text;
  return {text.data(), std::strftime(text.data(), text.size(), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then)};
}

std::string rough_age(Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return seconds >= 2 * 86400  ? cat(seconds / 86400, "d")
         : seconds >= 2 * 3600 ? cat(seconds / 3600, "h")
         : seconds >= 2 * 60   ? cat(seconds / 60, "m")
                               : cat(seconds, "s");
}

std::string count_of(std::uint64_t n, std::string_view what) { return cat(n, " ", what, n == 1 ? "" : "s"); }

}  // namespace respand::app
