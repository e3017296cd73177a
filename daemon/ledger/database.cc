#include "ledger/database.h"

#include <sqlite3.h>

#include <optional>

#include "ledger/duration_histogram.h"
#include "respand/base/text.h"

namespace respand::ledger {
namespace {

// Milliseconds that a statement waits for a lock: somebody may look into the file with sqlite3.
constexpr int kBusyMs = 200;

Error error_of(int code, const char* message) {
  const auto kind = [&] {
    switch (code & 0xff) {
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
      case SQLITE_ERROR:  // our statements are right, so the tables are not ours
      case SQLITE_SCHEMA:
      case SQLITE_CONSTRAINT:
      case SQLITE_MISMATCH:
        return ErrorCode::kCorrupt;
      case SQLITE_FULL:
        return ErrorCode::kNoSpace;
      case SQLITE_PERM:
      case SQLITE_READONLY:
      case SQLITE_AUTH:
        return ErrorCode::kPermission;
      case SQLITE_CANTOPEN:
        return ErrorCode::kNotFound;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return ErrorCode::kUnavailable;
      default:
        return ErrorCode::kIo;
    }
  }();
  return error(kind, message);
}

Error error_of(sqlite3* connection) {
  return error_of(sqlite3_extended_errcode(connection), sqlite3_errmsg(connection));
}

std::string_view bytes_of(sqlite3_value* value) {
  const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// merge_times(a, b) in SQL: so that the sum of two histograms is made where the row is, in the same statement as the
// other sums.
void merge_times(sqlite3_context* context, int, sqlite3_value** values) {
  DurationHistogram times = DurationHistogram::decode(bytes_of(values[0]));
  times.merge(DurationHistogram::decode(bytes_of(values[1])));
  const std::string merged = times.encode();
  sqlite3_result_blob64(context, merged.data(), merged.size(), SQLITE_TRANSIENT);
}

// The path as a URI, for immutable=1: only unreserved characters stay as they are.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '-' || c == '_' || c == '.';
    constexpr const char* kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    uri += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return uri + "?immutable=1";
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}
Statement& Statement::bind(int at, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_bytes(int at, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), at, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  std::optional<Error> failure;
  if (code != SQLITE_DONE) {
    failure = error_of(sqlite3_db_handle(statement_.get()));
  }
  reset();
  return failure ? Result<bool>(std::move(*failure)) : Result<bool>(false);
}

Status Statement::run() {
  auto stepped = step();
  return stepped ? Status{} : Status(std::move(stepped).error());
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
std::string_view Statement::text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
std::string_view Statement::bytes(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfs) {
  const int flags = [&] {
    switch (mode) {
      case Mode::kReadWrite:
        return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      case Mode::kRead:
        return SQLITE_OPEN_READONLY;
      case Mode::kReadAtRest:
        return SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    }
    return SQLITE_OPEN_READONLY;
  }();
  sqlite3* connection = nullptr;
  const int code =
      sqlite3_open_v2(mode == Mode::kReadAtRest ? uri_of(path).c_str() : path.c_str(), &connection,
                      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs.empty() ? nullptr : vfs.c_str());
  Database database(connection);
  if (connection == nullptr) {
    return error(ErrorCode::kNoSpace, "no memory for SQLite");
  }
  if (code != SQLITE_OK) {
    return error_of(connection).context(path);
  }
  sqlite3_busy_timeout(connection, kBusyMs);
  sqlite3_create_function_v2(connection, "merge_times", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, merge_times,
                             nullptr, nullptr, nullptr);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK) {
    return error_of(connection_.get());
  }
  return Statement(statement);
}

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error_of(connection_.get());
  }
  return {};
}

bool Database::moved() {
  int moved = 0;
  return sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

}  // namespace respand::ledger
