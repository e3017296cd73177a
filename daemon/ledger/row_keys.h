#pragma once
// RowKeys: which row of the ledger a record belongs to: its hour, its names as far as their number is limited
// (cardinality_limiter.h), and its dimensions. The ledger's thread.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/cardinality_limiter.h"
#include "ledger/row.h"
#include "ledger/store.h"
#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/record/usage_summary.h"

namespace respand::ledger {

// What a record is counted by beside the names in its summary. The view is borrowed for a call.
struct RecordWay {
  std::int64_t hour = 0;  // of its receipt
  ApiRoute route = ApiRoute::kRecords;
  std::string_view key{};   // the name of the API key that it goes out under; empty: the configuration's
  std::string_view host{};  // on which it came in; may be any bytes
  bool relayed = false;     // another host's respand took it in, and has it in its ledger too
};

// On which host records come in, but for those from a stream; and whether rows are told apart by host.
struct LocalHost {
  std::string name{};
  bool tells_apart = false;
};

class RowKeys {
 public:
  // `dimensions`: names of the records' own dimensions, at most record::kDimensions. `always`: names that are never
  // `other`. `by_host`: rows are told apart by host, too.
  RowKeys(std::vector<std::string> dimensions, std::set<std::string> always, bool by_host = false)
      : dimensions_(std::move(dimensions)), by_host_(by_host), names_(std::move(always)) {}

  // The key of the record's row. An error is the store's, which knows the names that the day had before.
  [[nodiscard]] Result<Key> key_of(const record::UsageSummary& summary, const RecordWay& way, Store& store);
  // What was admitted did not get into the store, or there is another store.
  void forget() { names_.forget(); }

 private:
  [[nodiscard]] Result<std::string> admit(std::size_t kind, std::string_view name, std::int64_t hour, Store& store);
  [[nodiscard]] Result<std::vector<std::string>> stored_names(std::size_t kind, std::int64_t from, std::int64_t to,
                                                              Store& store) const;
  [[nodiscard]] std::string_view dimension_of(std::size_t kind) const;
  void put_own(Key& key, const char* name, std::string_view value) const;

  const std::vector<std::string> dimensions_;
  const bool by_host_;
  CardinalityLimiter names_;
};

}  // namespace respand::ledger
