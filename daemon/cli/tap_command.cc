// `respand tap`: prints records of the running daemon as they are delivered or fail.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/query.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/tap_line.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

struct TapArguments {
  std::string config;
  std::string control;
  std::uint64_t limit = 0;  // 0: none
  std::string model;
  std::string customer;
  std::string outcome;
  bool json = false;
};

int run_tap(const TapArguments& given) {
  const auto path = control_path(given.control, given.config);
  if (!path) {
    return kBadConfiguration;
  }
  std::string query;
  app::put_query(query, "model", given.model);
  app::put_query(query, "customer", given.customer);
  app::put_query(query, "outcome", given.outcome);
  auto stream = ControlStream::open(*path, cat("/tap", query.empty() ? "" : "?", query));
  if (!stream) {
    return unreachable("tap", stream.error());
  }
  std::uint64_t shown = 0;
  while (given.limit == 0 || shown < given.limit) {
    const auto line = stream->next_line();
    if (!line) {
      std::cerr << "respand tap: the daemon has ended it; is it still running?\n";
      return kTryAgain;
    }
    if (const auto records = left_out(*line)) {
      std::cerr << "respand tap: " << *records << " records were left out: they came faster than they were read\n";
      continue;
    }
    std::cout << (given.json ? std::string(*line) : tap_line(*line)) << '\n' << std::flush;
    if (!std::cout) {
      return kFailed;
    }
    ++shown;
  }
  return kDone;
}

}  // namespace

void add_tap_command(CLI::App& app, int& exit_status) {
  auto* const command = app.add_subcommand("tap", "Show records as they are delivered or fail, for debugging");
  auto given = std::make_shared<TapArguments>();
  add_config_option(*command, given->config);
  add_control_option(*command, given->control);
  add_count_option(*command, "-n,--limit", given->limit, "End after so many records");
  command->add_option("--model", given->model, "Only records of this model")->type_name("NAME");
  command->add_option("--customer", given->customer, "Only records with this customer_identifier")->type_name("NAME");
  command->add_option("--outcome", given->outcome, "Only records that were: delivered, retried or dead_lettered")
      ->check(CLI::IsMember({"delivered", "retried", "dead_lettered"}))
      ->type_name("OUTCOME");
  command->add_flag("--json", given->json, "As the daemon tells them: a JSON object a line");
  command->footer(
      "It shows prompts and answers, as they are posted (masked as records.redact says); so only root and the "
      "daemon's\n"
      "own user may. A terminal that reads slowly misses records, and is told how many; delivery never waits for it.");
  command->callback([given, &exit_status] { exit_status = run_tap(*given); });
}

}  // namespace respand::cli
