#pragma once
// Report: what `respand costs` asks of a ledger's file, beside a running daemon or without one. It only reads. Any
// thread, one at a time.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/row.h"
#include "ledger/store.h"
#include "ledger/usage_totals.h"
#include "respand/base/result.h"

namespace respand::ledger {

// What rows are told apart by.
enum class By : std::uint8_t { kModel, kProvider, kCustomer, kEnvironment, kDay, kHour, kMonth, kDimension };
inline constexpr std::array<const char*, 7> kByWords{"model", "provider", "customer", "environment",
                                                     "day",   "hour",     "month"};
[[nodiscard]] constexpr bool is_time(By by) { return by == By::kDay || by == By::kHour || by == By::kMonth; }

// One of them, with the name of a dimension where it is one.
struct Axis {
  By by = By::kModel;
  std::string dimension;
  Axis(By what) : by(what) {}  // NOLINT(google-explicit-constructor): an axis is little more
  explicit Axis(std::string name) : by(By::kDimension), dimension(std::move(name)) {}
  [[nodiscard]] std::string name() const {
    return by == By::kDimension ? dimension : kByWords[static_cast<std::size_t>(by)];
  }
  friend bool operator==(const Axis&, const Axis&) = default;
};

// The hour (since 1970, UTC) as a place's clocks show it: "2026-11-24T23:00:00Z".
using Calendar = std::function<std::string(std::int64_t hour)>;
[[nodiscard]] std::string utc_calendar(std::int64_t hour);

struct Question {
  std::int64_t from = 0;  // hours: [from, to)
  std::int64_t to = 0;
  std::vector<Axis> by{};
  // Only rows with this name; none: any. In the order of Name.
  std::array<std::optional<std::string>, kNames> match{};
  Calendar calendar = utc_calendar;
};

struct Report {
  Provenance provenance;  // whose ledger it is
  // By the values in the order of the question: "2026-11-24" for a day, "2026-11" for a month, an hour as the calendar
  // has it.
  std::map<std::vector<std::string>, UsageTotals> rows;
  UsageTotals total;
  std::map<std::string, std::int64_t> unpriced_models;  // records without a price, by model
  std::uint64_t missed = 0;                             // records that the ledger could not count, since it was made
  // Records that came from other hosts' respand, which has them in its own ledger: by the host's name, which is empty
  // where rows are not told apart by host.
  std::map<std::string, std::int64_t> relayed;
  std::set<std::string> dimensions;  // the names of those that rows have values of
};

// Adds up what is asked for from a ledger's file, wherever it is. kNotFound: the file is missing or empty; kPermission:
// it may not be read; kCorrupt: it is no ledger, a broken one, or one of a later version.
[[nodiscard]] Result<Report> read_report_of_file(const std::string& path, const Question& question);
// The same of the ledger in a folder. kNotFound: there is none yet.
[[nodiscard]] Result<Report> read_report(const std::string& directory, const Question& question);

}  // namespace respand::ledger
