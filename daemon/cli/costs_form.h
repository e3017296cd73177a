#pragma once
// The output forms of `respand costs` and `respand costs merge`: table, JSON, CSV.

#include "cli/costs_table.h"

namespace CLI {
class App;
}

namespace respand::cli {

struct CostsForm {
  bool json = false;
  bool csv = false;
};

void add_form_options(CLI::App& command, CostsForm& form);
// Prints to stdout. A table is as wide as the terminal.
void show_costs(const Costs& costs, const CostsForm& form);

}  // namespace respand::cli
