// `respand costs merge`: what many hosts spent, from what `respand costs --json` printed on each of them.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/costs_form.h"
#include "cli/costs_merge.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

struct MergeArguments {
  std::vector<std::string> files;
  std::size_t top = 0;
  CostsForm form;
};

Result<std::string> read_costs(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file == "-" ? std::cin : in), {});
  if (file != "-" && (!in.is_open() || in.bad())) {
    return error(ErrorCode::kNotFound, "it cannot be read");
  }
  return text;
}

int run_merge(const MergeArguments& given) {
  Costs all;
  for (const std::string& file : given.files) {
    const auto complain = [&file](const Error& why) {
      std::cerr << "respand costs merge: " << printable(file, 200) << ": " << why.message << '\n';
      return kFailed;
    };
    const auto text = read_costs(file);
    if (!text) {
      return complain(text.error());
    }
    const auto host = read_costs_json(*text);
    if (!host) {
      return complain(host.error());
    }
    if (const auto added = add_host(all, *host); !added) {
      return complain(added.error());
    }
  }
  ledger::Report report;
  for (const CostsRow& row : all.rows) {
    report.rows[row.values].merge(row.totals);
  }
  report.total = all.total;
  report.unpriced_models = all.unpriced_models;
  Costs costs = arrange(report, all.by, given.top);
  costs.since = all.since;
  costs.until = all.until;
  show_costs(costs, given.form);
  return std::cout.good() ? kDone : kFailed;
}

}  // namespace

void add_costs_merge_command(CLI::App& costs, int& exit_status) {
  auto* const command = costs.add_subcommand("merge", "Adds up what `respand costs --json` said on many hosts");
  auto given = std::make_shared<MergeArguments>();
  command->add_option("FILE", given->files, "Reports of hosts, all with the same --by; - is stdin")->required();
  command->add_option("--top", given->top, "The dearest N rows, and one for the rest")->type_name("N");
  add_form_options(*command, given->form);
  command->callback([given, &exit_status] { exit_status = run_merge(*given); });
}

}  // namespace respand::cli
