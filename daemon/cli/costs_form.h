#pragma once
// The forms in which `respand costs` and `respand costs merge` show what they found.

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
// To stdout; a table as wide as the terminal.
void show_costs(const Costs& costs, const CostsForm& form);

}  // namespace respand::cli
