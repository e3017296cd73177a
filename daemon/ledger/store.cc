#include "ledger/store.h"

#include <array>
#include <bit>

#include "respand/base/text.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kApplicationId = 0x72737064;  // "rspd"

// Before anything is written. A WAL that has grown in a burst is cut again; the cache is small, for rows are many and
// each is touched once a second at most.
constexpr const char* kSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=4194304; PRAGMA cache_size=-512; "
    "PRAGMA temp_store=MEMORY";

constexpr const char* kTables =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE hours(hour INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, customer TEXT NOT NULL,"
    " environment TEXT NOT NULL, records INTEGER NOT NULL, errors INTEGER NOT NULL, prompt INTEGER NOT NULL,"
    " completion INTEGER NOT NULL, cached_prompt INTEGER NOT NULL, cache_write INTEGER NOT NULL,"
    " reasoning INTEGER NOT NULL, dollars INTEGER NOT NULL, units INTEGER NOT NULL, generation_us INTEGER NOT NULL,"
    " max_us INTEGER NOT NULL, times BLOB NOT NULL, PRIMARY KEY(hour, model, provider, customer, environment))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE place(id INTEGER PRIMARY KEY CHECK(id = 0), journal INTEGER NOT NULL, next INTEGER NOT NULL,"
    " missed INTEGER NOT NULL) STRICT;"
    "INSERT INTO place VALUES(0, 0, 0, 0);"
    "CREATE TABLE said(budget TEXT PRIMARY KEY, period INTEGER NOT NULL, level INTEGER NOT NULL) STRICT;";

// Both are never negative; the sum stops at the largest integer instead of turning into a float.
std::string sum(const char* column) {
  return cat(column, "=min(", column, ", 9223372036854775807-excluded.", column, ")+excluded.", column);
}

std::string add_row_sql() {
  std::string sql =
      "INSERT INTO hours VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)"
      " ON CONFLICT(hour, model, provider, customer, environment) DO UPDATE SET ";
  for (const char* column :
       {"records", "errors", "prompt", "completion", "cached_prompt", "cache_write", "reasoning", "generation_us"}) {
    sql += sum(column) + ", ";
  }
  return sql +
         "dollars=min(dollars, 9223372036854775806-excluded.dollars)+excluded.dollars"
         "+(units+excluded.units)/1000000000000000000, units=(units+excluded.units)%1000000000000000000,"
         " max_us=max(max_us, excluded.max_us), times=merge_times(times, excluded.times)";
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

Status check_schema(Database& database) {
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
  if (*version != kSchemaVersion) {
    return error(ErrorCode::kCorrupt, cat("it has schema version ", *version, ", this respand knows ", kSchemaVersion));
  }
  return {};
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
  Status known = check_schema(database_);
  if (!known && known.error().code != ErrorCode::kNotFound) {
    return known;
  }
  if (auto set = database_.run(kSettings); !set) {
    return set;
  }
  if (known) {
    return {};
  }
  return database_.run(
      cat(kTables, "PRAGMA application_id=", kApplicationId, "; PRAGMA user_version=", kSchemaVersion, "; COMMIT"));
}

Status Store::prepare() {
  auto add_row = database_.prepare(add_row_sql());
  auto set_place = database_.prepare("UPDATE place SET journal=?1, next=?2, missed=?3 WHERE id=0");
  auto place = database_.prepare("SELECT journal, next, missed FROM place WHERE id=0");
  for (auto* const statement : {&add_row, &set_place, &place}) {
    if (!*statement) {
      return std::move(*statement).error();
    }
  }
  add_row_ = std::move(*add_row);
  set_place_ = std::move(*set_place);
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

Status Store::write(const Rows& rows, const Place& place) {
  for (const auto& [key, sums] : rows) {
    Statement& add = *add_row_;
    const std::string times = sums.times.encode();
    add.bind(1, key.hour).bind(6, sums.records.value).bind(7, sums.errors.value);
    for (std::size_t i = 0; i < kNames; ++i) {
      add.bind(2 + static_cast<int>(i), std::string_view(key.names[i]));
    }
    for (std::size_t i = 0; i < sums.tokens.size(); ++i) {
      add.bind(8 + static_cast<int>(i), sums.tokens[i].value);
    }
    add.bind(13, sums.cost.dollars).bind(14, sums.cost.units).bind(15, sums.generation_us.value);
    add.bind(16, sums.max_us).bind_bytes(17, times);
    if (auto added = add.run(); !added) {
      return added;
    }
  }
  set_place_->bind(1, std::bit_cast<std::int64_t>(place.journal))
      .bind(2, std::bit_cast<std::int64_t>(place.next.value))
      .bind(3, std::bit_cast<std::int64_t>(place.missed));
  return set_place_->run();
}

Status Store::commit(const Rows& rows, const Place& place) {
  Status done = database_.run("BEGIN IMMEDIATE");
  if (!done) {
    return done;
  }
  done = write(rows, place);
  if (done) {
    done = database_.run("COMMIT");
  }
  if (!done) {
    // It may have been rolled back by SQLite already, which is the same.
    static_cast<void>(database_.run("ROLLBACK"));
    return done;
  }
  place_ = place;
  return {};
}

Result<std::vector<std::string>> Store::names(Name kind, std::int64_t from, std::int64_t to) {
  auto statement = database_.prepare(
      cat("SELECT DISTINCT ", kNameWords[static_cast<std::size_t>(kind)], " FROM hours WHERE hour>=?1 AND hour<?2"));
  if (!statement) {
    return std::move(statement).error();
  }
  statement->bind(1, from).bind(2, to);
  std::vector<std::string> names;
  for (;;) {
    auto row = statement->step();
    if (!row) {
      return std::move(row).error();
    }
    if (!*row) {
      return names;
    }
    names.emplace_back(statement->text(0));
  }
}

Status Store::costs(std::int64_t from, std::int64_t to, const std::function<void(const Key&, const Money&)>& visit) {
  auto statement = database_.prepare(
      "SELECT hour, model, provider, customer, environment, dollars, units FROM hours WHERE hour>=?1 AND hour<?2");
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
    Key key{statement->number(0), {}};
    for (std::size_t name = 0; name < kNames; ++name) {
      key.names[name] = statement->text(static_cast<int>(name) + 1);
    }
    visit(key, {statement->number(5), statement->number(6)});
  }
}

Result<std::uint64_t> Store::forget(std::int64_t hour, std::uint64_t most) {
  auto statement = database_.prepare(
      "DELETE FROM hours WHERE (hour, model, provider, customer, environment) IN"
      " (SELECT hour, model, provider, customer, environment FROM hours WHERE hour<?1 ORDER BY hour LIMIT ?2)");
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
