#include "cli/usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <vector>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::size_t kMostShown = 40;  // bytes of a word in a message

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

const CLI::App* find_command(const CLI::App& app, std::string_view word) {
  for (const CLI::App* command : commands_of(app)) {
    if (command->get_name() == word) {
      return command;
    }
  }
  return nullptr;
}

// "info, verify, export, repair".
std::string names_in(const CLI::App& group) {
  std::string names;
  for (const CLI::App* command : commands_of(group)) {
    names += cat(names.empty() ? "" : ", ", command->get_name());
  }
  return names;
}

void say_unknown(const CLI::App& group, std::string_view word) {
  const bool is_program = group.get_parent() == nullptr;
  std::cerr << words_of(group) << ": unknown command '" << printable(word, kMostShown) << "'; "
            << (is_program ? "respand --help lists the commands" : cat(group.get_name(), " has ", names_in(group)))
            << '\n';
}

// The last command that was given.
const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* at = &app;
  for (std::vector<CLI::App*> given = at->get_subcommands(); !given.empty(); given = at->get_subcommands()) {
    at = given.back();
  }
  return *at;
}

// A required option that was not given; null: there is none.
const CLI::Option* missing_in(const CLI::App& command) {
  const auto options =
      command.get_options([](const CLI::Option* option) { return option->get_required() && option->count() == 0; });
  return options.empty() ? nullptr : options.front();
}

// CLI11 says of a value that is no number only "Could not convert: NAME = VALUE", and has name and value nowhere else:
// so its text is taken apart.
std::string reason_of(const CLI::ParseError& failure) {
  constexpr std::string_view kNoNumber = "Could not convert: ";
  const std::string text = failure.what();
  const std::size_t equals = text.find(" = ");
  const bool conversion = dynamic_cast<const CLI::ConversionError*>(&failure) != nullptr;
  if (!conversion || !text.starts_with(kNoNumber) || equals == std::string::npos) {
    return text;
  }
  return cat(text.substr(kNoNumber.size(), equals - kNoNumber.size()), ": expected a number, not '",
             text.substr(equals + 3), "'");
}

}  // namespace

std::string words_of(const CLI::App& command) {
  const CLI::App* const above = command.get_parent();
  return above == nullptr ? command.get_name() : cat(words_of(*above), " ", command.get_name());
}

bool names_a_command(const CLI::App& app, std::span<const std::string_view> words) {
  const CLI::App* at = &app;
  for (const std::string_view word : words) {
    if (word.starts_with('-') || at->get_require_subcommand_min() == 0) {
      return true;  // the parser judges the rest
    }
    const CLI::App* const next = find_command(*at, word);
    if (next == nullptr) {
      say_unknown(*at, word);
      return false;
    }
    at = next;
  }
  if (at->get_require_subcommand_min() == 0) {
    return true;
  }
  if (at == &app) {
    std::cerr << app.help();
  } else {
    std::cerr << words_of(*at) << ": which? " << names_in(*at) << " (" << words_of(*at) << " --help)\n";
  }
  return false;
}

bool print_help(const CLI::App& app, std::span<const std::string_view> words) {
  const CLI::App* at = &app;
  for (const std::string_view word : words) {
    if (word.starts_with('-')) {
      continue;
    }
    const CLI::App* const next = find_command(*at, word);
    if (next == nullptr) {
      say_unknown(*at, word);
      return false;
    }
    at = next;
  }
  std::cout << at->help(at == &app ? std::string() : words_of(*at->get_parent()));
  return true;
}

void complain(const CLI::App& app, const CLI::ParseError& failure) {
  const CLI::App& command = deepest(app);
  const std::string words = words_of(command);
  const CLI::Option* const missing =
      dynamic_cast<const CLI::RequiredError*>(&failure) != nullptr ? missing_in(command) : nullptr;
  if (missing != nullptr) {
    const std::string type = missing->get_type_name();
    std::cerr << words << ": " << (missing->get_positional() ? type : cat(missing->get_name(), " ", type))
              << " is missing: " << missing->get_description();
  } else {
    std::cerr << words << ": " << printable(reason_of(failure), 400);
  }
  std::cerr << "\nRun with --help for more information.\n";
}

}  // namespace respand::cli
