#pragma once
// Store: the ledger's file, ledger.db in its folder. Hourly rows, the place in the journal up to which they count, and
// what was said about budgets. Rows and place change in one transaction, which is on the disk when commit() returns. It
// has to be (synchronous=FULL): the journal gives up the records below the place, so a commit that a power cut takes
// back would lose them; and a sync a second costs little. One thread.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/database.h"
#include "ledger/provenance.h"
#include "ledger/row.h"
#include "ledger/usage_totals.h"

namespace respand::ledger {

inline constexpr const char* kFileName = "ledger.db";
inline constexpr std::int64_t kSchemaVersion = 2;

// Up to where the rows count.
struct Place {
  std::uint64_t journal = 0;  // JournalTailer::journal()
  Sequence next;              // the first record that is not counted; 0: none is
  std::uint64_t missed = 0;   // records that went uncounted, since the file was made
  friend bool operator==(const Place&, const Place&) = default;
};

using Rows = std::map<Key, UsageTotals>;
// Records that were counted, by record::UsageSummary::identity, and the hour in which each was.
using Identities = std::unordered_map<std::uint64_t, std::int64_t>;
// What the records of a row cost, how many there are, and how many of them have no price.
struct StoredCost {
  Usd money;
  std::int64_t records = 0;
  std::int64_t unpriced = 0;
};
using CostVisitor = std::function<void(const Key&, const StoredCost&)>;

class Store {
 public:
  // Opens or makes the file; one of an older version is brought to this one, in a transaction. kCorrupt: it is no
  // ledger, a broken one, or one of a later version: to be set aside.
  [[nodiscard]] static Result<Store> open(const std::string& path, const std::string& vfs = {});

  [[nodiscard]] const Place& place() const { return place_; }
  // Adds the rows, remembers the identities and moves the place: all or nothing.
  [[nodiscard]] Status commit(const Rows& rows, const Place& place, const Identities& identities = {});
  // Remembers on which host the file is written.
  [[nodiscard]] Status set_host(std::string_view host) { return ledger::set_host(database_, host); }
  // The different names of a kind in the rows of the hours [from, to).
  [[nodiscard]] Result<std::vector<std::string>> names(Name kind, std::int64_t from, std::int64_t to);
  // The different Key::dimensions in the rows of [from, to).
  [[nodiscard]] Result<std::vector<std::string>> dimensions(std::int64_t from, std::int64_t to);
  // Visits the rows of [from, to) with their costs and the records that have none.
  [[nodiscard]] Status costs(std::int64_t from, std::int64_t to, const CostVisitor& visit);
  // The hour in which a record of that identity was counted last, if it is remembered.
  [[nodiscard]] Result<std::optional<std::int64_t>> hour_of_identity(std::uint64_t identity);
  // Forgets at most `most` identities of hours before `hour`. Returns how many.
  [[nodiscard]] Result<std::uint64_t> forget_identities(std::int64_t hour, std::uint64_t most);
  // Removes at most `most` rows of hours before `hour`. Returns how many.
  [[nodiscard]] Result<std::uint64_t> forget(std::int64_t hour, std::uint64_t most);
  // The hour of the newest row, if any.
  [[nodiscard]] Result<std::optional<std::int64_t>> newest();
  // What was said last about a budget: the period's first hour and the level.
  struct Said {
    std::int64_t period = 0;
    std::int64_t level = 0;
  };
  [[nodiscard]] Result<Said> said(const std::string& budget);
  [[nodiscard]] Status say(const std::string& budget, const Said& said);
  [[nodiscard]] bool moved() { return database_.moved(); }

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Status set_up();
  [[nodiscard]] Status migrate();
  [[nodiscard]] Status prepare();
  [[nodiscard]] Result<std::vector<std::string>> different(const char* column, std::int64_t from, std::int64_t to);
  [[nodiscard]] Result<std::uint64_t> remove(std::string_view sql, std::int64_t hour, std::uint64_t most);
  [[nodiscard]] Status write(const Rows& rows, const Place& place, const Identities& identities);

  Database database_;
  Place place_;
  std::optional<Statement> add_row_;
  std::optional<Statement> set_place_;
  std::optional<Statement> put_identity_;
  std::optional<Statement> find_identity_;
};

// The schema version of an open database that is a ledger, of this version or an older one. kCorrupt says what else it
// is; kNotFound: it is empty.
[[nodiscard]] Result<std::int64_t> schema_version(Database& database);

}  // namespace respand::ledger
