#pragma once
// Ledger: the account of what this host's calls cost. It follows the journal (JournalTailer) on a thread of its own,
// adds up what the encoder found in each durable record, and commits sums and place together, once a second while there
// is anything new; so each record is counted once, also across kill -9. Nobody waits for it: a ledger that can't write
// says so and tries again, and a broken one is set aside and made anew from what the journal still has. Tests call
// step() instead of start(). `respand costs` reads the file by itself (report.h).

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ledger/budgets.h"
#include "ledger/cardinality_limiter.h"
#include "ledger/day_spend.h"
#include "ledger/store.h"
#include "ledger/usage_metrics.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
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
  Duration deduplicate{0};  // a record whose identity was counted so long ago or less is a repeat; 0: none is
  std::string vfs = {};     // SQLite's, for tests; empty: the system's
  // It has nothing to do for the first time: after it was opened, and after its first commit. The ledger's thread.
  std::function<void()> came_to_rest = [] {};
};

// Why the ledger does not count at the moment.
enum class Condition : std::uint8_t {
  kNone,    // it does
  kFailed,  // its file can't be written or read: it is tried again
  kBroken,  // its file was broken, and is made anew
};

// One look at the ledger, for the status page.
struct State {
  Condition condition = Condition::kNone;
  std::string issue;                // the condition in SQLite's words; empty: none
  std::uint64_t missed = 0;         // records that went uncounted, since the file was made
  Usd today;                        // spent since midnight, UTC
  std::int64_t today_unpriced = 0;  // records of today that used something and have no price
  std::vector<BudgetState> budgets;
  std::shared_ptr<const SpendTables> spend = std::make_shared<const SpendTables>();  // today's; never none
};

class Ledger {
 public:
  // Between two commits: what `respand costs` and the budgets may lag behind.
  static constexpr Duration kInterval = std::chrono::seconds{1};
  // After a failure.
  static constexpr Duration kRetry = std::chrono::seconds{5};
  // Records of one transaction: it stays small in memory, and a stop does not wait long for it.
  static constexpr std::size_t kMostATurn = 20'000;
  // Reads that fail in a row before a segment is given up.
  static constexpr int kMostReadFailures = 10;
  // Rows that one turn removes, and how often the age of rows is looked at.
  static constexpr std::uint64_t kForgetAtOnce = 500;
  static constexpr Duration kForgetInterval = std::chrono::hours{1};
  // Identities that one turn forgets, and models without a price that the log is told of.
  static constexpr std::uint64_t kForgetIdentitiesAtOnce = 20'000;
  static constexpr std::size_t kMostUnpricedModels = 100;
  // Broken files that are kept.
  static constexpr std::size_t kMostSetAside = 3;

  // Begins to follow; reads nothing yet. All are borrowed; the journal's threads must not run yet.
  Ledger(Settings settings, journal::JournalTailer& tailer, fs::FileSystem& fs, metrics::Registry& registry,
         const Clock& clock);
  ~Ledger();

  void start();
  // Ends the thread and counts what is durable by now, but does not insist. Requires: the journal has stopped.
  // Idempotent.
  void stop();
  // One turn of the thread's loop; returns when it wants to run again if nothing rings.
  [[nodiscard]] MonoTime step();

  // Any thread.
  [[nodiscard]] State state() const;

 private:
  // A record's names as the encoder wrote them, and where it is counted.
  struct UsageSummary {
    UsageTotals* totals;
    UsageMetrics::Series* series;
  };
  void run(const std::stop_token& stop);
  [[nodiscard]] Status open();
  [[nodiscard]] Status turn();
  [[nodiscard]] Status read();
  void count(const journal::TailedRecord& tailed);
  // The way that a call's record goes: other than that of records, under another key than the configuration's.
  struct Way {
    ApiRoute route = ApiRoute::kRecords;
    std::string_view key{};
  };
  void count(std::string_view summary, std::int64_t hour, const Way& way);
  // Whether a record of that identity was counted in the last hours; from now on it is.
  [[nodiscard]] Result<bool> is_repeat(std::uint64_t identity, std::int64_t hour);
  [[nodiscard]] Result<std::string> admit(std::size_t kind, std::string_view name, std::int64_t hour);
  void say_unpriced(const record::UsageSummary& summary);
  [[nodiscard]] Result<UsageSummary> account_of(std::int64_t hour, const record::UsageSummary& summary, const Way& way);
  void put_way(Key& key, const Way& way) const;
  [[nodiscard]] Status commit();
  [[nodiscard]] Status forget_old(MonoTime now);
  [[nodiscard]] Result<bool> forget_rows(std::int64_t hour);
  void drop_pending();
  void set_aside(const Error& why);
  void remove_old_ones();
  void failed(MonoTime now, const Error& why);
  void set_issue(Condition condition, const std::string& issue);
  [[nodiscard]] Status tell(const Rows& committed, std::int64_t hour);
  void show(std::int64_t hour);
  [[nodiscard]] std::string path() const { return settings_.directory + "/" + kFileName; }

  const Settings settings_;
  journal::JournalTailer& tailer_;
  fs::FileSystem& fs_;
  const Clock& clock_;

  // Their own synchronisation.
  queue::Sleeper sleeper_;
  queue::Doorbell durable_;
  queue::Doorbell filled_;
  LockGuarded<State> state_;
  metrics::Counter missed_;
  metrics::Counter set_aside_;
  metrics::Counter repeats_;

  // The ledger's thread.
  std::optional<Store> store_;
  CardinalityLimiter names_;
  Budgets budgets_;
  DaySpend day_spend_;
  UsageMetrics usage_metrics_;
  Rows pending_;                                            // read, not committed
  std::unordered_map<std::string, UsageSummary> accounts_;  // into pending_, by what the encoder wrote
  std::string account_key_;
  Identities identities_;                               // of the records in pending_
  std::set<std::string, std::less<>> unpriced_models_;  // that the log was told of in this run
  std::optional<Error> count_failure_;
  bool any_pending_ = false;
  bool idle_ = false;                 // all that is durable is counted
  bool committed_ = false;            // since it was opened
  bool rested_ = false;               // since it was opened, or since the first commit
  Place place_;                       // with pending_
  Sequence most_;                     // no place can be behind this: the end at the start, or what was committed since
  std::uint64_t counted_missed_ = 0;  // of place_.missed, in missed_
  journal::TailProgress turn_;
  int read_failures_ = 0;
  MonoTime retry_at_{};
  MonoTime commit_at_{};
  MonoTime forget_at_{};
  std::int64_t budget_hour_ = INT64_MIN;
  log::LogThrottle issue_throttle_{std::chrono::minutes{1}};

  bool stopped_ = false;  // main thread
  std::jthread thread_;
};

}  // namespace respand::ledger
