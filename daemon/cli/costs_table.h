#pragma once
// What `respand costs` shows: rows of a ledger's report in order, cut to the top ones, as a table for a terminal, as
// JSON or as CSV. Pure.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "ledger/report.h"

namespace respand::cli {

struct CostsRow {
  std::vector<std::string> values;  // of what rows are told apart by
  ledger::UsageTotals totals;
};

struct Costs {
  std::vector<ledger::Axis> by;
  std::vector<CostsRow> rows;  // the dearest first; by time where the first of `by` is a time
  ledger::UsageTotals total;   // of all rows
  WallTime since;
  WallTime until;
  std::map<std::string, std::int64_t> unpriced_models;  // records without a price, by model
};

// The name of the row that sums up what --top leaves out.
inline constexpr const char* kRest = "(rest)";

// The report's rows in order. `top`: at most so many, the dearest, and one for the rest; 0: all.
[[nodiscard]] Costs arrange(const ledger::Report& report, const std::vector<ledger::Axis>& by, std::size_t top);

// {"since":…,"until":…,"by":[…],"rows":[…],"total":{…},"unpriced_models":{…}} and a line end. Amounts are exact.
[[nodiscard]] std::string costs_json(const Costs& costs);
// With a line of names. Text that a spreadsheet would take for a formula gets a ' in front. Amounts are exact.
[[nodiscard]] std::string costs_csv(const Costs& costs);

struct TableStyle {
  std::size_t width = 0;  // columns of the terminal; 0: as wide as it gets
  bool utf8 = true;       // whether it shows more than ASCII
};
// A table with bars. What does not fit is left out, the least needed columns first, and long names are cut. Amounts are
// rounded to hundredths of a cent so that the rows add up to the total.
[[nodiscard]] std::string costs_table(const Costs& costs, const TableStyle& style);
// What is known of an amount: "1.23"; where some of its records have no price "≥ 1.23"; where all of them have none
// "n/a".
[[nodiscard]] std::string amount_text(const ledger::UsageTotals& totals, const std::string& rounded, bool utf8);
// What stands beneath a table: how much of the money is not known, whose it is and what can be done, and who says what
// the rest is. Empty where all is known and given.
[[nodiscard]] std::string costs_footer(const Costs& costs, bool utf8);
// "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t number);

// Columns that a text takes in a terminal; and the text cut to so many, with a mark at its end. Requires: valid UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width, bool utf8);

}  // namespace respand::cli
