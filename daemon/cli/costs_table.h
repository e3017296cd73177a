#pragma once
// What `respand costs` shows: rows of a ledger's report in order, cut to the top ones, as a table for a terminal, as
// JSON or as CSV. Pure.

#include <cstddef>
#include <string>
#include <vector>

#include "ledger/report.h"

namespace respand::cli {

struct CostsRow {
  std::vector<std::string> values;  // of what rows are told apart by
  ledger::Sums sums;
};

struct Costs {
  std::vector<ledger::By> by;
  std::vector<CostsRow> rows;  // the dearest first; by time where the first of `by` is a time
  ledger::Sums total;          // of all rows
  WallTime since;
  WallTime until;
};

// The name of the row that sums up what --top leaves out.
inline constexpr const char* kRest = "(rest)";

// The report's rows in order. `top`: at most so many, the dearest, and one for the rest; 0: all.
[[nodiscard]] Costs arrange(const ledger::Report& report, const std::vector<ledger::By>& by, std::size_t top);

// {"since":…,"until":…,"rows":[…],"total":{…}} and a line end. Amounts are exact.
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

// Columns that a text takes in a terminal; and the text cut to so many, with a mark at its end. Requires: valid UTF-8.
[[nodiscard]] std::size_t display_width(std::string_view text);
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width, bool utf8);

}  // namespace respand::cli
