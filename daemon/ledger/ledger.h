#pragma once
// Ledger: the account of what this host's calls cost. It follows the journal (JournalTailer) on a thread of its own,
// adds up what the encoder found in each durable record, and commits sums and place together, once a second while there
// is anything new; so each record is counted once, also across kill -9. Nobody waits for it: a ledger that can't write
// says so and tries again, and a broken one is set aside and made anew from what the journal still has. Tests call
// step() instead of start(). `respand costs` reads the file by itself (report.h).
//
// It puts together what each does one thing: the place in the journal (journal_tail.h), the sums that wait for their
// commit (usage_accumulator.h), the file (ledger_file.h) and what grows too old in it (row_retention.h), what is spent
// of the budgets (spend_tracker.h), and what the status page shows (ledger_status.h).

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/journal_tail.h"
#include "ledger/ledger_file.h"
#include "ledger/ledger_status.h"
#include "ledger/row_retention.h"
#include "ledger/spend_tracker.h"
#include "ledger/state.h"
#include "ledger/usage_accumulator.h"
#include "ledger/usage_metrics.h"
#include "respand/base/clock.h"
#include "respand/fs/file_system.h"
#include "respand/journal/tailer.h"
#include "respand/metrics/metrics.h"
#include "respand/queue/doorbell.h"

namespace respand::ledger {

struct Settings {
  std::string directory;
  Duration retention = std::chrono::hours{24 * 400};  // rows that are older go
  std::vector<Budget> budgets = {};
  std::vector<std::string> dimensions = {};  // at most record::kDimensions: names of the account's dimensions
  LocalHost host = {};
  Duration deduplicate{0};  // a record whose identity was counted so long ago or less is a repeat; 0: none is
  std::string vfs = {};     // SQLite's, for tests; empty: the system's
  // Called when there is nothing to do for the first time: after it was opened, and after its first commit. The
  // ledger's thread.
  std::function<void()> came_to_rest = [] {};
};

class Ledger {
 public:
  // Between two commits: what `respand costs` and the budgets may lag behind.
  static constexpr Duration kInterval = std::chrono::seconds{1};
  // After a failure.
  static constexpr Duration kRetry = std::chrono::seconds{5};

  // Attaches itself to the journal; reads nothing yet. All are borrowed; the journal's threads must not run yet.
  Ledger(Settings settings, journal::JournalTailer& tailer, fs::FileSystem& fs, metrics::Registry& registry,
         const Clock& clock);
  ~Ledger();

  void start();
  // Ends the thread and counts what is durable by now, as far as that takes no longer than kInterval and nothing fails;
  // the next start counts the rest. Requires: the journal has stopped. Idempotent.
  void stop();
  // One turn of the thread's loop; returns when it wants to run again if nothing rings.
  [[nodiscard]] MonoTime step();

  // Any thread.
  [[nodiscard]] State state() const { return status_.state(); }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] Status turn();
  [[nodiscard]] Status open();
  [[nodiscard]] Status read();
  [[nodiscard]] Status commit();
  [[nodiscard]] Status begin_hour();
  void failed(MonoTime now, const Error& why);
  [[nodiscard]] MonoTime next_turn(MonoTime now);

  const std::function<void()> came_to_rest_;
  const Clock& clock_;

  // Their own synchronisation.
  queue::Sleeper sleeper_;
  queue::Doorbell durable_;
  queue::Doorbell filled_;
  LedgerStatus status_;

  // The ledger's thread.
  JournalTail tail_;
  LedgerFile file_;
  metrics::Counter repeats_;
  UsageMetrics usage_metrics_;
  UsageAccumulator pending_;  // read, not committed
  SpendTracker spend_;
  RowRetention retention_;
  bool idle_ = false;       // all that is durable is counted, and the next record may be at once
  bool committed_ = false;  // since it was opened
  bool rested_ = false;     // came_to_rest_ was called since it was opened, or since the first commit
  MonoTime retry_at_{};     // after a failure: not before
  MonoTime commit_at_{};    // the next commit: not before

  bool stopped_ = false;  // main thread
  std::jthread thread_;
};

}  // namespace respand::ledger
