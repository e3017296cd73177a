#pragma once
// What is wrong with the daemon, in words that its operator can act on: first what stands in the way of records, then
// what does not. Made for `status`, the status page and /readyz. Pure, but for Since; io thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/delivery.h"
#include "journal/journal.h"
#include "ledger/ledger.h"
#include "respand/base/units.h"
#include "respand/config/config.h"
#include "respand/net/crowd.h"
#include "sockets/http_refusals.h"
#include "spool/spool.h"

namespace respand::app {

// "12:03:11" of this host's day, with the date where that is not today.
[[nodiscard]] std::string clock_time(WallTime time, WallTime now);

// The largest unit that leaves a number above 1: "3d", "12m".
[[nodiscard]] std::string rough_age(Duration duration);

// Whether no record can be taken: the journal is full, or can't be written.
[[nodiscard]] inline bool is_blocked(const journal::Snapshot& journal) {
  return journal.condition != journal::Condition::kNone;
}

struct HealthIssue {
  enum class Severity : std::uint8_t {
    kStops,     // records are not taken in, or not delivered
    kHinders,   // they are, but something else is not as it should be
    kHappened,  // it is over; what it has cost stays true
  };
  std::string_view kind;  // for programs: README.md of this folder has the list
  Severity severity = Severity::kStops;
  std::string what = {};    // without a full stop
  std::string why = {};     // in the words of the API, the kernel, SQLite; may be empty
  std::string brief = {};   // what people are shown in place of `why`; empty: that
  std::string remedy = {};  // what to do; empty: nothing
  bool whole = false;       // `what` says all: why and since are for programs
  WallTime since{};         // by Since; of what has happened the last time, where that is known
  // "WHAT (WHY since 12:03:11); REMEDY", all within a line.
  [[nodiscard]] std::string text(WallTime now) const;
};

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
  std::string_view shortage{};  // of descriptors; empty: none
  std::uint64_t damaged = 0;    // records lost to damage since the start
  WallTime now{};
};
// Worst first.
[[nodiscard]] std::vector<HealthIssue> find_issues(const HealthInputs& inputs);

// Since when there has been issue of each kind: since it was first seen.
class IssueClock {
 public:
  void note(std::vector<HealthIssue>& issues, WallTime now);

 private:
  std::map<std::string_view, WallTime> seen_;
};

}  // namespace respand::app
