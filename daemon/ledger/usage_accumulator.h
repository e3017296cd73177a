#pragma once
// UsageAccumulator: adds up what the encoder found in each record, in rows that wait for their commit. Used by Ledger;
// the ledger's thread.
//
// What holds: rows and identities come from the same records, so whoever commits them together counts each record once;
// after discard() nothing of these records is left in here, and they can be read again.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/repeat_filter.h"
#include "ledger/row_keys.h"
#include "ledger/store.h"
#include "ledger/unpriced_notices.h"
#include "ledger/usage_metrics.h"
#include "respand/base/result.h"
#include "respand/journal/tailer.h"
#include "respand/record/usage_summary.h"

namespace respand::ledger {

class UsageAccumulator {
 public:
  // `dimensions` and `always`: of RowKeys. `deduplicate`: the window of RepeatFilter. `metrics` is borrowed.
  UsageAccumulator(std::vector<std::string> dimensions, std::set<std::string> always, Duration deduplicate,
                   UsageMetrics& metrics, LocalHost host = {})
      : keys_(std::move(dimensions), std::move(always), host.tells_apart),
        repeats_(deduplicate),
        metrics_(metrics),
        host_(std::move(host.name)) {}

  // Adds a record to its row. One without a usage summary is passed over: a record that was replayed from the dead
  // letters has none, because it was counted when it came first. After an error, which is the store's, the record may
  // be counted in part: discard() and read again.
  [[nodiscard]] Status add(const journal::TailedRecord& tailed, Store& store);

  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] const Identities& identities() const { return repeats_.uncommitted(); }
  // Rows and identities are in the store: what comes next begins with none.
  void clear();
  // They are not, and their records will be read again; or there is another store. Also what is known of the day's
  // names goes, and what the metrics were to be told.
  void discard();

 private:
  // Where records with the same names and way are counted. Valid until the next clear() or discard().
  struct Account {
    UsageTotals* totals;
    UsageMetrics::Series* series;
  };
  [[nodiscard]] RecordWay way_of(const journal::TailedRecord& tailed) const;
  [[nodiscard]] Status add(std::string_view encoded, const RecordWay& way, Store& store);
  [[nodiscard]] Result<Account> account_of(const record::UsageSummary& summary, const RecordWay& way, Store& store);
  void set_account_name(const record::UsageSummary& summary, const RecordWay& way);

  RowKeys keys_;
  RepeatFilter repeats_;
  UnpricedNotices unpriced_;
  UsageMetrics& metrics_;
  const std::string host_;
  Rows rows_;
  std::unordered_map<std::string, Account> accounts_;  // into rows_, by account_name_
  std::string account_name_;                           // memory for account_of(), which is called for each record
};

}  // namespace respand::ledger
