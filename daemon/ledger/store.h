#pragma once
// Store: the ledger's file, ledger.db in its folder. Hourly rows, the place in the journal up to which they count, and
// what was said about budgets; rows and place change in one transaction, which is on the disk when commit() returns
// (synchronous=FULL: the place lets the journal write over what was counted, so it must not be lost behind it; a sync a
// second costs little). One thread.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/database.h"
#include "ledger/row.h"
#include "ledger/sums.h"

namespace respand::ledger {

inline constexpr const char* kFileName = "ledger.db";
inline constexpr std::int64_t kSchemaVersion = 1;

// Up to where the rows count.
struct Place {
  std::uint64_t journal = 0;  // Trail::journal()
  Sequence next;              // the first record that is not counted; 0: none is
  std::uint64_t missed = 0;   // records that went uncounted, since the file was made
  friend bool operator==(const Place&, const Place&) = default;
};

using Rows = std::map<Key, Sums>;

class Store {
 public:
  // Opens or makes the file. kCorrupt: it is no ledger, a broken one, or one of another version: to be set aside.
  [[nodiscard]] static Result<Store> open(const std::string& path, const std::string& vfs = {});

  [[nodiscard]] const Place& place() const { return place_; }
  // Adds the rows and moves the place: both or neither.
  [[nodiscard]] Status commit(const Rows& rows, const Place& place);
  // The names of a kind in the rows of [from, to).
  [[nodiscard]] Result<std::vector<std::string>> names(Name kind, std::int64_t from, std::int64_t to);
  // Visits the rows of [from, to) with their costs.
  [[nodiscard]] Status costs(std::int64_t from, std::int64_t to,
                             const std::function<void(const Key&, const Money&)>& visit);
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
  [[nodiscard]] Status prepare();
  [[nodiscard]] Status write(const Rows& rows, const Place& place);

  Database database_;
  Place place_;
  std::optional<Statement> add_row_;
  std::optional<Statement> set_place_;
};

// Checks that an open database is a ledger of this version. kCorrupt says what else it is; kNotFound: it is empty.
[[nodiscard]] Status check_schema(Database& database);

}  // namespace respand::ledger
