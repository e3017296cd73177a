// `respand dead-letters`: what the API refused and why, and how to try again. Works on the files; the daemon may run or
// not.

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/dead_letter_choice.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 2> kPlaces = {"dead_letters.directory", "spool.directory"};

constexpr const char* kWhich = "Which (at least one)";  // heading of the options that choose letters

void add_give_up(CLI::App& group, int& exit_status) {
  struct Wanted {
    std::string config;
    std::string control;
    std::uint64_t sequence = 0;
  };
  auto wanted = std::make_shared<Wanted>();
  auto* const command =
      group.add_subcommand("add", "Give up a record that is tried in vain: the running daemon puts it here");
  add_config_option(*command, wanted->config);
  add_control_option(*command, wanted->control);
  add_count_option(*command, "--sequence", wanted->sequence, "Which, as `status` names it");
  command->get_option("--sequence")->required();
  command->callback(
      [wanted, &exit_status] { exit_status = give_up_record(wanted->control, wanted->config, wanted->sequence); });
}

CLI::App* add(CLI::App& group, const char* name, const char* about, const std::shared_ptr<LetterChoice>& given,
              int& exit_status, int (*run)(const LetterChoice&, const config::Config&)) {
  auto* const command = group.add_subcommand(name, about);
  add_config_option(*command, given->config);
  command->callback([given, &exit_status, run] {
    const auto config = load_places(given->config, kPlaces);
    exit_status = config ? run(*given, *config) : kBadConfiguration;
  });
  return command;
}

std::string not_an_id(const std::string& text) {
  return not_a_count(text).empty() ? std::string()
                                   : cat("'", printable(text, 40), "' is no ID: respand dead-letters list shows them");
}

void add_selection(CLI::App& command, const std::shared_ptr<LetterChoice>& given,
                   const std::string& heading = "Options") {
  auto* const reason =
      command
          .add_option("--reason", given->reasons,
                      "Only letters with this reason: a status, `expired`, `exhausted`, `by_hand` or `too_large`")
          ->type_name("REASON")
          ->group(heading);
  add_values(*reason, "400,413,422,expired,exhausted,by_hand,too_large");
  command.add_option("--id", given->ids, "Only these letters, as `list` names them")
      ->check(CLI::Validator(not_an_id, ""))
      ->type_name("ID")
      ->group(heading);
}

// Commands that take letters away must be told which: giving no choice is more likely a slip than a wish for all.
void require_selection(CLI::App& command, const std::shared_ptr<LetterChoice>& given) {
  add_selection(command, given, kWhich);
  command.add_flag("--all", given->all, "All of them")->group(kWhich);
}

}  // namespace

void add_dead_letters_command(CLI::App& app, int& exit_status) {
  auto* const group = app.add_subcommand("dead-letters", "What the API refused, why, and another try");
  group->require_subcommand(1);
  auto given = std::make_shared<LetterChoice>();
  auto* const listing =
      add(*group, "list", "One line a letter, and how many of which reason", given, exit_status, list_letters);
  add_selection(*listing, given);
  listing->add_flag("--json", given->json, "NDJSON: a letter without its record a line");
  auto* const showing =
      add(*group, "show", "A letter with the API's answer and the whole record", given, exit_status, show_letters);
  showing->add_option("ids", given->ids, "which? As `list` names them")
      ->check(CLI::Validator(not_an_id, ""))
      ->type_name("ID")
      ->required();
  add_give_up(*group, exit_status);
  auto* const replaying = add(*group, "replay", "Send them again: through the journal, exactly once each", given,
                              exit_status, replay_letters);
  require_selection(*replaying, given);
  auto* const exporting =
      add(*group, "export", "The records as NDJSON, as they were posted", given, exit_status, export_letters);
  add_selection(*exporting, given);
  exporting->add_flag("--full", given->full, "The letters themselves: reason, answer and record");
  exporting->add_option("-o,--output", given->output, "Into this file; else to stdout")->type_name("FILE");
  auto* const purging = add(*group, "purge", "Remove them for good", given, exit_status, purge_letters);
  require_selection(*purging, given);
  purging->add_option("--older-than", given->older_than, "Letters of this age, e.g. 30d")
      ->type_name("AGE")
      ->group(kWhich);
}

}  // namespace respand::cli
