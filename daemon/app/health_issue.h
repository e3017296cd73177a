#pragma once
// HealthIssue: one thing that is wrong with the daemon, in words that its operator can act on, and its kind, which
// programs may act on. Found by health_issues.h, shown by `status`, the status page and /readyz, read back by `respand
// doctor`. Values; any thread. IssueClock: io thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/units.h"

namespace respand::app {

enum class IssueKind : std::uint8_t {
  // Delivery waits or is paused.
  kKey,            // the API refuses the key
  kAccount,        // it wants to be paid
  kProxy,          // the proxy wants a user and a password
  kUpstreamWrong,  // the URL, the certificate or the way to the API is wrong
  kRefused,        // record after record is refused
  kApiDown,
  kHeld,   // the API asked for silence
  kRoute,  // another route than that of records is not delivered to
  kRejectedSpans,
  kStuck,  // single records fail again and again
  // The journal and the dead letters.
  kJournal,  // can't be written
  kJournalFull,
  kDiskFull,
  kJournalDamaged,  // over: records could not be read back
  kDeadLetters,     // can't be written
  kDeadLettersFull,
  kDeadLettered,  // over: records were put aside
  // The spool.
  kSpool,
  kSpoolRejects,  // over: refused lines went to make room for newer ones
  // Writers.
  kSocket,        // its file was taken away
  kConnections,   // new ones are turned away
  kDescriptors,   // there can be fewer connections than configured
  kUnservedPath,  // a client posts where nothing is served
  // A fleet.
  kNatsUnreachable,
  kNatsCredentials,
  kNatsQuorum,
  kNatsStream,  // it does not exist, or is another one
  kNatsStreamFull,
  kNatsStreamLost,
  kNatsRequirements,  // the cluster promises less than nats.require wants
  kNatsAside,         // messages could not be read
  kNatsSharing,       // a relay can't share delivery.rate_limit
  // Costs.
  kLedger,        // does not count
  kLedgerMissed,  // over: records went uncounted
};
inline constexpr std::size_t kIssueKinds = 34;
// The member `kind` of `status --json`: "journal_full".
[[nodiscard]] std::string_view name_of(IssueKind kind) noexcept;
[[nodiscard]] std::optional<IssueKind> issue_kind_of(std::string_view name) noexcept;
// Whether it has happened and is over, so that there is nothing to mend; what it has cost stays true.
[[nodiscard]] bool is_over(IssueKind kind) noexcept;

struct HealthIssue {
  enum class Severity : std::uint8_t {
    kStops,     // records are not taken in, or not delivered
    kHinders,   // they are, but something else is not as it should be
    kHappened,  // it is over (is_over of its kind)
  };
  IssueKind kind = IssueKind::kKey;
  Severity severity = Severity::kStops;
  std::string what = {};    // without a full stop
  std::string why = {};     // in the words of the API, the kernel, SQLite; may be empty
  std::string brief = {};   // what people are shown in place of `why`; empty: that
  std::string remedy = {};  // what to do; empty: nothing
  bool whole = false;       // `what` says all: why and since are for programs
  WallTime since{};         // by IssueClock; of what has happened the last time, where that is known
  // "WHAT (WHY since 12:03:11); REMEDY", all within a line.
  [[nodiscard]] std::string text(WallTime now) const;
};
using HealthIssues = std::vector<HealthIssue>;

// Since when there has been an issue of each kind: since it was first seen.
class IssueClock {
 public:
  // Sets `since` of those that are not over and have none.
  void note(HealthIssues& issues, WallTime now);

 private:
  std::map<IssueKind, WallTime> seen_;
};

// "12:03:11" of this host's day, with the date where that is not today.
[[nodiscard]] std::string clock_time(WallTime time, WallTime now);
// The largest unit that leaves a number above 1: "3d", "12m".
[[nodiscard]] std::string rough_age(Duration duration);
// "1 record", "3 records": `what` in the singular.
[[nodiscard]] std::string count_of(std::uint64_t n, std::string_view what);

}  // namespace respand::app
