#include "ledger/report.h"

#include <unistd.h>

#include <cerrno>

#include "ledger/database.h"
#include "ledger/store.h"
#include "respand/base/text.h"

namespace respand::ledger {
namespace {

// Records that go to api.path have no route written in their row: a report calls it by its name.
std::string value_of(const std::string& dimensions, const std::string& name) {
  const std::string_view value = dimension_in(dimensions, name);
  return std::string(value.empty() && name == kRouteDimension ? name_of(ApiRoute::kRecords) : value);
}

constexpr std::size_t kMonthSize = 7;  // "2026-11"
constexpr std::size_t kDaySize = 10;

std::string value_of(const Axis& axis, const Key& key, const Calendar& calendar) {
  switch (axis.by) {
    case By::kModel:
    case By::kProvider:
    case By::kCustomer:
    case By::kEnvironment:
      return key.names[static_cast<std::size_t>(axis.by)];
    case By::kDay:
      return calendar(key.hour).substr(0, kDaySize);
    case By::kMonth:
      return calendar(key.hour).substr(0, kMonthSize);
    case By::kHour:
      return calendar(key.hour);
    case By::kDimension:
      return value_of(key.dimensions, axis.dimension);
  }
  return {};
}

// Columns in the order of read_row(). What the first version did not have is empty, or 0; records without a price are
// counted as Store counts them when it brings such a file to this version.
constexpr const char* kColumns =
    "SELECT hour, model, provider, customer, environment, dimensions, records, errors, prompt, completion,"
    " cached_prompt, cache_write, reasoning, dollars, units, generation_us, max_us, times, unpriced, repeats,"
    " reported_dollars, reported_units, computed_dollars, computed_units FROM hours WHERE hour>=?1 AND hour<?2";
constexpr const char* kColumnsOfFirst =
    "SELECT hour, model, provider, customer, environment, '', records, errors, prompt, completion,"
    " cached_prompt, cache_write, reasoning, dollars, units, generation_us, max_us, times,"
    " CASE WHEN dollars=0 AND units=0 AND (prompt>0 OR completion>0) THEN records ELSE 0 END, 0, 0, 0, 0, 0"
    " FROM hours WHERE hour>=?1 AND hour<?2";

void read_row(const Statement& row, Key& key, UsageTotals& totals) {
  int at = 0;
  key.hour = row.number(at++);
  for (std::string& name : key.names) {
    name = row.text(at++);
  }
  key.dimensions = row.text(at++);
  totals.records.value = row.number(at++);
  totals.errors.value = row.number(at++);
  for (Count& tokens : totals.tokens) {
    tokens.value = row.number(at++);
  }
  const auto money = [&] {
    const std::int64_t dollars = row.number(at++);
    return Usd{dollars, row.number(at++)};
  };
  totals.cost = money();
  totals.generation_us.value = row.number(at++);
  totals.max_us = row.number(at++);
  totals.times = DurationHistogram::decode(row.bytes(at++));
  totals.unpriced.value = row.number(at++);
  totals.repeats.value = row.number(at++);
  totals.reported = money();
  totals.computed = money();
}

bool is_asked_for(const Question& question, const Key& key) {
  for (std::size_t i = 0; i < kNames; ++i) {
    if (question.match[i] && *question.match[i] != key.names[i]) {
      return false;
    }
  }
  return true;
}

void note_dimensions(const Key& key, const UsageTotals& totals, Report& report) {
  for (const std::string_view name : names_in(key.dimensions)) {
    report.dimensions.emplace(name);
  }
  if (dimension_in(key.dimensions, kRelayedDimension) == kRelayed) {
    report.relayed[std::string(dimension_in(key.dimensions, kHostDimension))] += totals.records.value;
  }
}

Status read_rows(Database& database, const Question& question, Report& report) {
  auto version = schema_version(database);
  if (!version) {
    return std::move(version).error();
  }
  auto provenance = provenance_of(database);
  if (!provenance) {
    return std::move(provenance).error();
  }
  report.provenance = std::move(*provenance);
  auto rows = database.prepare(*version == kSchemaVersion ? kColumns : kColumnsOfFirst);
  auto place = database.prepare("SELECT missed FROM place");
  for (auto* const statement : {&rows, &place}) {
    if (!*statement) {
      return std::move(*statement).error();
    }
  }
  rows->bind(1, question.from).bind(2, question.to);
  for (;;) {
    auto row = rows->step();
    if (!row) {
      return std::move(row).error();
    }
    if (!*row) {
      break;
    }
    Key key;
    UsageTotals totals;
    read_row(*rows, key, totals);
    if (!is_asked_for(question, key)) {
      continue;
    }
    std::vector<std::string> values;
    for (const Axis& axis : question.by) {
      values.push_back(value_of(axis, key, question.calendar));
    }
    report.rows[std::move(values)].merge(totals);
    report.total.merge(totals);
    note_dimensions(key, totals, report);
    if (totals.unpriced.value > 0) {
      report.unpriced_models[key.names[static_cast<std::size_t>(Name::kModel)]] += totals.unpriced.value;
    }
  }
  auto row = place->step();
  if (!row) {
    return std::move(row).error();
  }
  report.missed = *row ? static_cast<std::uint64_t>(place->number(0)) : 0;
  return {};
}

Result<Report> read_in(Database::Mode mode, const std::string& path, const Question& question) {
  auto database = Database::open(path, mode);
  if (!database) {
    return std::move(database).error();
  }
  Report report;
  if (auto read = read_rows(*database, question, report); !read) {
    return std::move(read).error();
  }
  return report;
}

}  // namespace

std::string utc_calendar(std::int64_t hour) { return iso8601(time_of(hour)).substr(0, 19) + "Z"; }

Result<Report> read_report_of_file(const std::string& path, const Question& question) {
  if (::access(path.c_str(), R_OK) != 0) {
    return os_error(errno, path);
  }
  auto report = read_in(Database::Mode::kRead, path, question);
  // SQLite makes files beside a database that nobody has open, even to read it. Where the folder does not let it, the
  // file can be read alone, as long as no writer has left a log beside it, which would be part of it.
  if (!report && report.error().code != ErrorCode::kCorrupt && ::access((path + "-wal").c_str(), F_OK) != 0) {
    report = read_in(Database::Mode::kReadAtRest, path, question);
  }
  return report ? std::move(report) : Result<Report>(std::move(report).fail(path));
}

Result<Report> read_report(const std::string& directory, const Question& question) {
  const std::string path = directory + "/" + kFileName;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return error(ErrorCode::kNotFound, cat("there is no ledger in ", directory, " yet"));
  }
  auto report = read_report_of_file(path, question);
  if (!report && report.error().code == ErrorCode::kNotFound) {
    return error(ErrorCode::kNotFound, cat("the ledger in ", directory, " holds nothing yet"));
  }
  return report;
}

}  // namespace respand::ledger
