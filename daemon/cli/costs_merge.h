#pragma once
// For `respand costs merge`: adds up what `respand costs --json` printed on many hosts. Pure.

#include <string_view>

#include "cli/costs_table.h"
#include "respand/base/result.h"

namespace respand::cli {

// Reads the report of one host, as costs_json() writes it. kInvalid: it is no such report; the message says where it
// goes wrong.
[[nodiscard]] Result<Costs> read_costs_json(std::string_view text);

// Adds a host's report to those before it. kInvalid: the rows of the two are grouped by different axes.
[[nodiscard]] Status add_host(Costs& all, const Costs& host);

}  // namespace respand::cli
