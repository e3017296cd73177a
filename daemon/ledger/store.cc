#include "ledger/store.h"

#include <array>
#include <bit>

#include "respand/base/text.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kApplicationId = 0x72737064;  // "rspd"

// Set before anything is written. The WAL is cut again after a burst has made it large. The cache is small, because a
// row is touched once a second at most.
constexpr const char* kSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304; PRAGMA cache_size=-512; "
    "PRAGMA temp_store=MEMORY";

// Rows, and the records that were counted in the last hours (costs.deduplicate).
constexpr const char* kRowTables =
    "CREATE TABLE hours(hour INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, customer TEXT NOT NULL,"
    " environment TEXT NOT NULL, dimensions TEXT NOT NULL, records INTEGER NOT NULL, errors INTEGER NOT NULL,"
    " prompt INTEGER NOT NULL, completion INTEGER NOT NULL, cached_prompt INTEGER NOT NULL,"
    " cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL, dollars INTEGER NOT NULL, units INTEGER NOT NULL,"
    " generation_us INTEGER NOT NULL, max_us INTEGER NOT NULL, times BLOB NOT NULL, unpriced INTEGER NOT NULL,"
    " repeats INTEGER NOT NULL, reported_dollars INTEGER NOT NULL, reported_units INTEGER NOT NULL,"
    " computed_dollars INTEGER NOT NULL, computed_units INTEGER NOT NULL,"
    " PRIMARY KEY(hour, model, provider, customer, environment, dimensions)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE identities(identity INTEGER PRIMARY KEY, hour INTEGER NOT NULL) STRICT;"
    "CREATE INDEX identities_by_hour ON identities(hour);";

constexpr const char* kStateTables =
    "CREATE TABLE place(id INTEGER PRIMARY KEY CHECK(id = 0), journal INTEGER NOT NULL, next INTEGER NOT NULL,"
    " missed INTEGER NOT NULL) STRICT;"
    "INSERT INTO place VALUES(0, 0, 0, 0);"
    "CREATE TABLE said(budget TEXT PRIMARY KEY, period INTEGER NOT NULL, level INTEGER NOT NULL) STRICT;";

// From version 1, of respand 0.1. It did not count what had no price: where a row has tokens and no cost at all, none
// of its records had one.
constexpr const char* kFromFirst =
    "INSERT INTO hours SELECT hour, model, provider, customer, environment, '', records, errors, prompt, completion,"
    " cached_prompt, cache_write, reasoning, dollars, units, generation_us, max_us, times,"
    " CASE WHEN dollars=0 AND units=0 AND (prompt>0 OR completion>0) THEN records ELSE 0 END, 0, 0, 0, 0, 0"
    " FROM first_hours;"
    "DROP TABLE first_hours;";

// Adds to a column. Neither number is negative, and the sum stops at the largest integer: SQLite would else make it a
// float.
std::string sum(const char* column) {
  return cat(column, "=min(", column, ", 9223372036854775807-excluded.", column, ")+excluded.", column);
}

// Adds to an amount in two columns, dollars and units of 10^-18: what the units carry goes to the dollars.
std::string sum_money(const char* dollars, const char* units) {
  return cat(dollars, "=min(", dollars, ", 9223372036854775806-excluded.", dollars, ")+excluded.", dollars, "+(", units,
             "+excluded.", units, ")/1000000000000000000, ", units, "=(", units, "+excluded.", units,
             ")%1000000000000000000");
}

std::string add_row_sql() {
  std::string sql =
      "INSERT INTO hours VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24)"
      " ON CONFLICT(hour, model, provider, customer, environment, dimensions) DO UPDATE SET ";
  for (const char* column : {"records", "errors", "prompt", "completion", "cached_prompt", "cache_write", "reasoning",
                             "generation_us", "unpriced", "repeats"}) {
    sql += sum(column) + ", ";
  }
  return cat(sql, sum_money("dollars", "units"), ", ", sum_money("reported_dollars", "reported_units"), ", ",
             sum_money("computed_dollars", "computed_units"),
             ", max_us=max(max_us, excluded.max_us), times=merge_times(times, excluded.times)");
}

Result<std::int64_t> number_of(Database& database, std::string_view sql) {
  auto statement = database.prepare(sql);
  if (!statement) {
    return std::move(statement).error();
  }
  auto row = statement->step();
  if (!row) {
    return std::move(row).error();
  }
  return *row ? statement->number(0) : 0;
}

}  // namespace

Result<std::int64_t> schema_version(Database& database) {
  const auto application = number_of(database, "PRAGMA application_id");
  const auto version = number_of(database, "PRAGMA user_version");
  const auto tables = number_of(database, "SELECT count(*) FROM sqlite_schema");
  for (const auto* const read : {&application, &version, &tables}) {
    if (!*read) {
      return read->error();
    }
  }
  if (*tables == 0 && *application == 0) {
    return error(ErrorCode::kNotFound, "it is empty");
  }
  if (*application != kApplicationId) {
    return error(ErrorCode::kCorrupt, "it is a database of another program");
  }
  if (*version < 1 || *version > kSchemaVersion) {
    return error(ErrorCode::kCorrupt,
                 cat("it has schema version ", *version, ", this respand knows 1 to ", kSchemaVersion));
  }
  return *version;
}

Result<Store> Store::open(const std::string& path, const std::string& vfs) {
  auto database = Database::open(path, Database::Mode::kReadWrite, vfs);
  if (!database) {
    return std::move(database).error();
  }
  Store store(std::move(*database));
  if (auto ready = store.set_up(); !ready) {
    return std::move(ready).fail(path);
  }
  if (auto ready = store.prepare(); !ready) {
    return std::move(ready).fail(path);
  }
  return store;
}

Status Store::set_up() {
  auto known = schema_version(database_);
  if (!known && known.error().code != ErrorCode::kNotFound) {
    return std::move(known).error();
  }
  if (auto set = database_.run(kSettings); !set) {
    return set;
  }
  Status made;
  if (!known) {
    made = database_.run(cat("BEGIN IMMEDIATE;", kRowTables, kStateTables, "PRAGMA application_id=", kApplicationId,
                             "; PRAGMA user_version=", kSchemaVersion, "; COMMIT"));
  } else if (*known != kSchemaVersion) {
    made = migrate();
  }
  return made ? add_provenance(database_) : std::move(made);
}

// Brings the first version's tables to this one: all of it or, where the process ends or the disk is full, nothing.
Status Store::migrate() {
  Status done = database_.run(cat("BEGIN IMMEDIATE; ALTER TABLE hours RENAME TO first_hours;", kRowTables, kFromFirst,
                                  "PRAGMA user_version=", kSchemaVersion, "; COMMIT"));
  if (!done) {
    static_cast<void>(database_.run("ROLLBACK"));
  }
  return done;
}

Status Store::prepare() {
  auto add_row = database_.prepare(add_row_sql());
  auto set_place = database_.prepare("UPDATE place SET journal=?1, next=?2, missed=?3 WHERE id=0");
  auto put_identity = database_.prepare("INSERT OR REPLACE INTO identities VALUES(?1, ?2)");
  auto find_identity = database_.prepare("SELECT hour FROM identities WHERE identity=?1");
  auto place = database_.prepare("SELECT journal, next, missed FROM place WHERE id=0");
  for (auto* const statement : {&add_row, &set_place, &put_identity, &find_identity, &place}) {
    if (!*statement) {
      return std::move(*statement).error();
    }
  }
  add_row_ = std::move(*add_row);
  set_place_ = std::move(*set_place);
  put_identity_ = std::move(*put_identity);
  find_identity_ = std::move(*find_identity);
  auto row = place->step();
  if (!row) {
    return std::move(row).error();
  }
  if (!*row) {
    return error(ErrorCode::kCorrupt, "it holds no place");
  }
  place_ = {std::bit_cast<std::uint64_t>(place->number(0)), Sequence{std::bit_cast<std::uint64_t>(place->number(1))},
            std::bit_cast<std::uint64_t>(place->number(2))};
  return {};
}

Status Store::write(const Rows& rows, const Place& place, const Identities& identities) {
  for (const auto& [key, totals] : rows) {
    Statement& add = *add_row_;
    const std::string times = totals.times.encode();
    int at = 0;
    const auto bind = [&](auto value) { add.bind(++at, value); };
    bind(key.hour);
    for (const std::string& name : key.names) {
      bind(std::string_view(name));
    }
    bind(std::string_view(key.dimensions));
    bind(totals.records.value);
    bind(totals.errors.value);
    for (const Count& tokens : totals.tokens) {
      bind(tokens.value);
    }
    bind(totals.cost.dollars);
    bind(totals.cost.units);
    bind(totals.generation_us.value);
    bind(totals.max_us);
    add.bind_bytes(++at, times);
    bind(totals.unpriced.value);
    bind(totals.repeats.value);
    for (const Usd& money : {totals.reported, totals.computed}) {
      bind(money.dollars);
      bind(money.units);
    }
    if (auto added = add.run(); !added) {
      return added;
    }
  }
  for (const auto& [identity, hour] : identities) {
    put_identity_->bind(1, std::bit_cast<std::int64_t>(identity)).bind(2, hour);
    if (auto put = put_identity_->run(); !put) {
      return put;
    }
  }
  set_place_->bind(1, std::bit_cast<std::int64_t>(place.journal))
      .bind(2, std::bit_cast<std::int64_t>(place.next.value))
      .bind(3, std::bit_cast<std::int64_t>(place.missed));
  return set_place_->run();
}

Status Store::commit(const Rows& rows, const Place& place, const Identities& identities) {
  Status done = database_.run("BEGIN IMMEDIATE");
  if (!done) {
    return done;
  }
  done = write(rows, place, identities);
  if (done) {
    done = database_.run("COMMIT");
  }
  if (!done) {
    // SQLite may have rolled it back already; then this fails, and nothing is lost.
    static_cast<void>(database_.run("ROLLBACK"));
    return done;
  }
  place_ = place;
  return {};
}

Result<std::vector<std::string>> Store::names(Name kind, std::int64_t from, std::int64_t to) {
  return different(kNameWords[static_cast<std::size_t>(kind)], from, to);
}

Result<std::vector<std::string>> Store::dimensions(std::int64_t from, std::int64_t to) {
  return different("dimensions", from, to);
}

Result<std::vector<std::string>> Store::different(const char* column, std::int64_t from, std::int64_t to) {
  auto statement = database_.prepare(cat("SELECT DISTINCT ", column, " FROM hours WHERE hour>=?1 AND hour<?2"));
  if (!statement) {
    return std::move(statement).error();
  }
  statement->bind(1, from).bind(2, to);
  std::vector<std::string> values;
  for (;;) {
    auto row = statement->step();
    if (!row) {
      return std::move(row).error();
    }
    if (!*row) {
      return values;
    }
    values.emplace_back(statement->text(0));
  }
}

Status Store::costs(std::int64_t from, std::int64_t to, const CostVisitor& visit) {
  auto statement = database_.prepare(
      "SELECT hour, model, provider, customer, environment, dollars, units, records, unpriced FROM hours"
      " WHERE hour>=?1 AND hour<?2");
  if (!statement) {
    return std::move(statement).error();
  }
  statement->bind(1, from).bind(2, to);
  for (;;) {
    auto row = statement->step();
    if (!row) {
      return std::move(row).error();
    }
    if (!*row) {
      return {};
    }
    Key key{statement->number(0), {}, {}};
    for (std::size_t name = 0; name < kNames; ++name) {
      key.names[name] = statement->text(static_cast<int>(name) + 1);
    }
    visit(key, {{statement->number(5), statement->number(6)}, statement->number(7), statement->number(8)});
  }
}

Result<std::optional<std::int64_t>> Store::hour_of_identity(std::uint64_t identity) {
  auto row = find_identity_->bind(1, std::bit_cast<std::int64_t>(identity)).step();
  if (!row) {
    return std::move(row).error();
  }
  if (!*row) {
    return std::optional<std::int64_t>();  // step() has reset the statement
  }
  const std::int64_t hour = find_identity_->number(0);
  find_identity_->reset();
  return std::optional(hour);
}

Result<std::uint64_t> Store::forget_identities(std::int64_t hour, std::uint64_t most) {
  return remove("DELETE FROM identities WHERE identity IN (SELECT identity FROM identities WHERE hour<?1 LIMIT ?2)",
                hour, most);
}

Result<std::uint64_t> Store::forget(std::int64_t hour, std::uint64_t most) {
  return remove(
      "DELETE FROM hours WHERE (hour, model, provider, customer, environment, dimensions) IN"
      " (SELECT hour, model, provider, customer, environment, dimensions FROM hours WHERE hour<?1 ORDER BY hour LIMIT "
      "?2)",
      hour, most);
}

Result<std::uint64_t> Store::remove(std::string_view sql, std::int64_t hour, std::uint64_t most) {
  auto statement = database_.prepare(sql);
  if (!statement) {
    return std::move(statement).error();
  }
  statement->bind(1, hour).bind(2, static_cast<std::int64_t>(most));
  if (auto removed = statement->run(); !removed) {
    return std::move(removed).error();
  }
  auto count = number_of(database_, "SELECT changes()");
  if (!count) {
    return std::move(count).error();
  }
  return static_cast<std::uint64_t>(*count);
}

Result<std::optional<std::int64_t>> Store::newest() {
  auto newest = number_of(database_, "SELECT coalesce(max(hour), -9223372036854775807) FROM hours");
  if (!newest) {
    return std::move(newest).error();
  }
  return *newest == -INT64_MAX ? std::nullopt : std::optional(*newest);
}

Result<Store::Said> Store::said(const std::string& budget) {
  auto statement = database_.prepare("SELECT period, level FROM said WHERE budget=?1");
  if (!statement) {
    return std::move(statement).error();
  }
  statement->bind(1, std::string_view(budget));
  auto row = statement->step();
  if (!row) {
    return std::move(row).error();
  }
  return *row ? Said{statement->number(0), statement->number(1)} : Said{};
}

Status Store::say(const std::string& budget, const Said& said) {
  auto statement = database_.prepare("INSERT OR REPLACE INTO said VALUES(?1, ?2, ?3)");
  if (!statement) {
    return std::move(statement).error();
  }
  return statement->bind(1, std::string_view(budget)).bind(2, said.period).bind(3, said.level).run();
}

}  // namespace respand::ledger
