#include "ledger/report.h"

#include <unistd.h>

#include <cerrno>

#include "ledger/database.h"
#include "ledger/store.h"
#include "respand/base/text.h"

namespace respand::ledger {
namespace {

std::string value_of(By by, const Key& key) {
  switch (by) {
    case By::kModel:
      return key.names[0];
    case By::kProvider:
      return key.names[1];
    case By::kCustomer:
      return key.names[2];
    case By::kEnvironment:
      return key.names[3];
    case By::kDay:
      return iso8601(time_of(key.hour)).substr(0, 10);
    case By::kHour:
      return iso8601(time_of(key.hour)).substr(0, 19) + "Z";
  }
  return {};
}

Sums sums_of(const Statement& row) {
  Sums sums;
  int at = 5;
  sums.records.value = row.number(at++);
  sums.errors.value = row.number(at++);
  for (Count& tokens : sums.tokens) {
    tokens.value = row.number(at++);
  }
  sums.cost = {row.number(at), row.number(at + 1)};
  sums.generation_us.value = row.number(at + 2);
  sums.max_us = row.number(at + 3);
  sums.times = Times::decode(row.bytes(at + 4));
  return sums;
}

Status read_rows(Database& database, std::int64_t from, std::int64_t to, const std::vector<By>& by, Report& report) {
  if (auto known = check_schema(database); !known) {
    return known;
  }
  auto rows = database.prepare("SELECT * FROM hours WHERE hour>=?1 AND hour<?2");
  auto place = database.prepare("SELECT missed FROM place");
  for (auto* const statement : {&rows, &place}) {
    if (!*statement) {
      return std::move(*statement).error();
    }
  }
  rows->bind(1, from).bind(2, to);
  for (;;) {
    auto row = rows->step();
    if (!row) {
      return std::move(row).error();
    }
    if (!*row) {
      break;
    }
    Key key{rows->number(0), {}};
    for (std::size_t name = 0; name < kNames; ++name) {
      key.names[name] = rows->text(static_cast<int>(name) + 1);
    }
    std::vector<std::string> values;
    for (const By one : by) {
      values.push_back(value_of(one, key));
    }
    const Sums sums = sums_of(*rows);
    report.rows[std::move(values)].merge(sums);
    report.total.merge(sums);
  }
  auto row = place->step();
  if (!row) {
    return std::move(row).error();
  }
  report.missed = *row ? static_cast<std::uint64_t>(place->number(0)) : 0;
  return {};
}

Result<Report> read_in(Database::Mode mode, const std::string& path, std::int64_t from, std::int64_t to,
                       const std::vector<By>& by) {
  auto database = Database::open(path, mode);
  if (!database) {
    return std::move(database).error();
  }
  Report report;
  if (auto read = read_rows(*database, from, to, by, report); !read) {
    return std::move(read).error();
  }
  return report;
}

}  // namespace

Result<Report> read_report(const std::string& directory, std::int64_t from, std::int64_t to,
                           const std::vector<By>& by) {
  const std::string path = directory + "/" + kFileName;
  if (::access(path.c_str(), R_OK) != 0) {
    return errno == ENOENT ? error(ErrorCode::kNotFound, cat("there is no ledger in ", directory, " yet"))
                           : os_error(errno, path);
  }
  auto report = read_in(Database::Mode::kRead, path, from, to, by);
  // SQLite wants to make files beside a database that nobody has open. Where the folder does not let it, and no writer
  // has left a log, the file alone is all there is.
  if (!report && report.error().code != ErrorCode::kCorrupt && ::access((path + "-wal").c_str(), F_OK) != 0) {
    report = read_in(Database::Mode::kReadAtRest, path, from, to, by);
  }
  if (!report && report.error().code == ErrorCode::kNotFound) {
    return error(ErrorCode::kNotFound, cat("the ledger in ", directory, " holds nothing yet"));
  }
  return report ? std::move(report) : Result<Report>(std::move(report).fail(path));
}

}  // namespace respand::ledger
