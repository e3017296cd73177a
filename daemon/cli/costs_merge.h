#pragma once
// For `respand costs merge`: adds up what `respand costs` says of many hosts. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "cli/costs_table.h"
#include "respand/base/result.h"

namespace respand::cli {

// Reads the report of one host, as costs_json() writes it. kInvalid: it is no such report; the message says where it
// goes wrong.
[[nodiscard]] Result<Costs> read_costs_json(std::string_view text);

// The report with its rows grouped by fewer axes, in this order. kInvalid: its rows do not tell one of them.
[[nodiscard]] Result<Costs> regrouped(const Costs& costs, const std::vector<ledger::Axis>& by);

// Adds a host's report to those before it. kInvalid: the rows of the two are grouped by different axes.
[[nodiscard]] Status add_host(Costs& all, const Costs& host);

// The sum of what add_host() has gathered: rows of the same values added up and in order, at most `top`; 0: all.
[[nodiscard]] Costs summed(const Costs& all, std::size_t top);

}  // namespace respand::cli
