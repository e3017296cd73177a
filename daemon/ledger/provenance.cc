#include "ledger/provenance.h"

#include <bit>
#include <utility>

namespace respand::ledger {
namespace {

constexpr const char* kProvenanceTable =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS provenance(id INTEGER PRIMARY KEY CHECK(id = 0), ledger INTEGER NOT NULL,"
    " host TEXT NOT NULL) STRICT;"
    "INSERT OR IGNORE INTO provenance VALUES(0, random(), '');"
    "COMMIT";

}  // namespace

Result<Provenance> provenance_of(Database& database) {
  auto table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name='provenance'");
  if (!table) {
    return std::move(table).error();
  }
  auto there = table->step();
  if (!there) {
    return std::move(there).error();
  }
  if (!*there) {
    return Provenance{};
  }
  auto statement = database.prepare("SELECT ledger, host FROM provenance WHERE id=0");
  if (!statement) {
    return std::move(statement).error();
  }
  auto row = statement->step();
  if (!row) {
    return std::move(row).error();
  }
  return *row ? Provenance{std::bit_cast<std::uint64_t>(statement->number(0)), std::string(statement->text(1))}
              : Provenance{};
}

Status add_provenance(Database& database) {
  auto provenance = provenance_of(database);
  if (!provenance || provenance->ledger != 0) {
    return provenance ? Status{} : Status(std::move(provenance).error());
  }
  Status done = database.run(kProvenanceTable);
  if (!done) {
    static_cast<void>(database.run("ROLLBACK"));
  }
  return done;
}

Status set_host(Database& database, std::string_view host) {
  auto provenance = provenance_of(database);
  if (!provenance || provenance->host == host) {
    return provenance ? Status{} : Status(std::move(provenance).error());
  }
  auto statement = database.prepare("UPDATE provenance SET host=?1 WHERE id=0");
  if (!statement) {
    return std::move(statement).error();
  }
  return statement->bind(1, host).run();
}

}  // namespace respand::ledger
