#pragma once
// Costs: what `respand costs` shows: the rows of a ledger's report in order, cut to the top ones; as a table for a
// terminal, as JSON or as CSV. Pure.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/costs_sources.h"
#include "cli/time_range.h"
#include "ledger/report.h"

namespace respand::cli {

struct CostsRow {
  std::vector<std::string> values;  // one for each axis of `by`
  ledger::UsageTotals totals;
};

struct Costs {
  std::vector<ledger::Axis> by;
  std::vector<CostsRow> rows;  // the most expensive first; in order of time where the first axis is a time
  ledger::UsageTotals total;   // of all rows
  WallTime since;
  WallTime until;
  std::map<std::string, std::int64_t> unpriced_models;  // records without a price, by model
  std::vector<CostsSource> sources;                     // whose ledgers; empty: not known
};

// The name of the row that sums up what --top leaves out.
inline constexpr const char* kRest = "(rest)";

// The report's rows in order. `top`: only so many, the most expensive ones, and one row for the rest; 0: all.
[[nodiscard]] Costs arrange(const ledger::Report& report, const std::vector<ledger::Axis>& by, std::size_t top);

// Says whose ledger the report is of, and from when to when.
void set_source(Costs& costs, const ledger::Report& report, const HourRange& range, std::string file = {});

// {"since":…,"until":…,"by":[…],"rows":[…],"total":{…},"unpriced_models":{…},"sources":[…]} and a line end, the last
// one where sources are known. Amounts are exact.
[[nodiscard]] std::string costs_json(const Costs& costs);
// CSV with a header line. Text that a spreadsheet would take for a formula gets a ' in front. Amounts are exact.
[[nodiscard]] std::string costs_csv(const Costs& costs);

struct TableStyle {
  std::size_t width = 0;  // columns of the terminal; 0: no limit
  bool utf8 = true;       // whether it shows more than ASCII
};
// A table with bars. Columns that do not fit are left out, the least needed first, and long names are cut. Amounts are
// rounded to hundredths of a cent, in such a way that the rows add up to the total.
[[nodiscard]] std::string costs_table(const Costs& costs, const TableStyle& style);
// An amount as far as it is known: "1.23"; "≥ 1.23" where some of its records have no price; "n/a" where none has one.
[[nodiscard]] std::string amount_text(const ledger::UsageTotals& totals, const std::string& rounded, bool utf8);
// The lines below a table: how many records have no price, of which models, and what to do; and where the known amounts
// come from. Empty where all amounts are known and were given by applications.
[[nodiscard]] std::string costs_footer(const Costs& costs, bool utf8);
// "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t number);

// How many columns a text takes in a terminal; and the text cut to a number of columns, with a mark at its end.
// Requires: valid UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width, bool utf8);

}  // namespace respand::cli
