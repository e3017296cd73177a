#pragma once
// `respand costs merge`: what `respand costs --json` said on many hosts, added up. Pure.

#include <string_view>

#include "cli/costs_table.h"
#include "respand/base/result.h"

namespace respand::cli {

// The report of one host, as costs_json() writes it. kInvalid: it is none; the message says where it goes wrong.
[[nodiscard]] Result<Costs> read_costs_json(std::string_view text);

// Adds a host's report to those before it. kInvalid: the rows of the two are told apart by different things.
[[nodiscard]] Status add_host(Costs& all, const Costs& host);

}  // namespace respand::cli
