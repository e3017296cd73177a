// `respand dead-letters`: what the API refused, why, and another try. Works on the files; the daemon may run or not.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/control_client.h"
#include "cli/options.h"
#include "cli/private_file.h"
#include "cli/program.h"
#include "delivery/dead_letter_store.h"
#include "ingest/spool_name.h"
#include "respand/base/clock.h"
#include "respand/base/random.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 2> kDeadLetterKeys = {"dead_letters.directory", "spool.directory"};

constexpr const char* kWhich = "Which (at least one)";  // heading of the options that choose letters

using delivery::DeadLetterLine;
using delivery::DeadLetterStore;
using delivery::parse_letter;

// What the subcommands take from their command lines, and where the letters are.
struct DeadLettersArguments {
  std::string config;
  bool all = false;
  std::vector<std::string> reasons;
  std::vector<std::uint64_t> ids;
  std::string older_than;
  bool json = false;
  bool full = false;
  std::string output;
};

int complain(std::string_view what) {
  std::cerr << "respand dead-letters: " << what << '\n';
  return kFailed;
}

template <typename T>
bool names(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool selected(const DeadLettersArguments& given, const std::string& before, const DeadLetterLine& letter) {
  return names(given.ids, letter.sequence.value) && names(given.reasons, std::string(letter.reason)) &&
         (before.empty() || letter.time < before);
}

// --older-than as a time to compare with; nothing after saying what is wrong.
std::optional<std::string> before_time(const DeadLettersArguments& given) {
  if (given.older_than.empty()) {
    return std::string();
  }
  const auto age = parse_duration(given.older_than);
  if (!age) {
    complain(cat("--older-than: ", age.error().message));
    return std::nullopt;
  }
  return iso8601(system_clock().wall() - *age);
}

// What was asked for by number is not there: said with those that are not, as far as they are few.
int none_of(const DeadLettersArguments& given, std::uint64_t all) {
  std::string wanted;
  for (const std::uint64_t id : given.ids) {
    wanted += cat(wanted.empty() ? "" : ", ", id);
  }
  for (const std::string& reason : given.reasons) {
    wanted += cat(wanted.empty() ? "" : ", ", "with the reason ", reason);
  }
  return complain(cat("no letter ", printable(wanted, 200), "; respand dead-letters list shows ", all));
}

std::string count_of(std::uint64_t letters) { return cat(letters, letters == 1 ? " dead letter" : " dead letters"); }

// The daemon makes the folder when it starts: where it is not there, it is another one that was meant.
Status each(const config::Config& config, const DeadLetterStore::Visit& visit) {
  const std::string& directory = config.dead_letters.directory;
  Status read = DeadLetterStore::each(fs::posix(), directory, visit);
  if (!read && read.error().code == ErrorCode::kNotFound) {
    return error(ErrorCode::kNotFound,
                 cat("there is no ", directory, ": is dead_letters.directory of --config meant, and has respand run?"));
  }
  if (!read && read.error().code == ErrorCode::kPermission) {
    return std::move(read).fail(cat("may not read ", directory, ", try with sudo"));
  }
  return read;
}

int list(const DeadLettersArguments& given, const config::Config& config) {
  std::map<std::string, std::uint64_t> reasons;
  std::uint64_t letters = 0;
  std::uint64_t torn = 0;
  const Status read = each(config, [&](const std::string&, std::string_view line) {
    const auto letter = parse_letter(line);
    if (!letter) {
      torn += line.empty() ? 0U : 1U;
      return;
    }
    if (!selected(given, {}, *letter)) {
      return;
    }
    ++reasons[std::string(letter->reason)];
    if (given.json) {
      const std::string_view head(line.data(), static_cast<std::size_t>(letter->record.data() - line.data()));
      std::cout << head.substr(0, head.rfind(",\"record\":")) << ",\"bytes\":" << letter->record.size() << "}\n";
      ++letters;
      return;
    }
    if (letters++ == 0) {
      std::cout << "ID          TIME                 REASON    TRIES  BYTES      ANSWER\n";
    }
    std::string row = cat(letter->sequence.value, "  ");
    const auto column = [&row](std::size_t at, std::string_view text) {
      row.resize(std::max(row.size(), at), ' ');
      row.append(text).append("  ");
    };
    column(12, letter->time.substr(0, 19));
    column(33, letter->reason);
    column(43, std::to_string(letter->attempts));
    column(50, std::to_string(letter->record.size()));
    column(61, printable(answer_text(*letter), 60));
    std::cout << row.substr(0, row.find_last_not_of(' ') + 1) << '\n';
  });
  if (!read) {
    return complain(read.error().message);
  }
  if (!given.json) {
    std::cout << count_of(letters) << " in " << config.dead_letters.directory;
    for (const auto& [reason, count] : reasons) {
      std::cout << (reason == reasons.begin()->first ? ": " : ", ") << count << " x " << reason;
    }
    std::cout << '\n';
  }
  if (torn > 0) {
    std::cerr << torn << (torn == 1 ? " line is" : " lines are")
              << " no whole letter (torn by a crash, before its record was settled): not listed\n";
  }
  return kDone;
}

int show(const DeadLettersArguments& given, const config::Config& config) {
  std::uint64_t shown = 0;
  std::uint64_t all = 0;
  const Status read = each(config, [&](const std::string& file, std::string_view line) {
    const auto letter = parse_letter(line);
    all += letter ? 1U : 0U;
    if (!letter || !selected(given, {}, *letter)) {
      return;
    }
    ++shown;
    std::cout << "letter   " << letter->sequence.value << " in " << file << "\ntime     " << letter->time
              << "\nreason   " << letter->reason << "\nstatus   " << letter->status << "\ntries    " << letter->attempts
              << "\nanswer   " << answer_text(*letter) << "\nrecord   " << letter->record << "\n\n";
  });
  if (!read) {
    return complain(read.error().message);
  }
  return shown > 0 ? kDone : none_of(given, all);
}

int export_letters(const DeadLettersArguments& given, const config::Config& config) {
  std::unique_ptr<PrivateFile> file;
  if (!given.output.empty()) {
    auto opened = PrivateFile::open(given.output);
    if (!opened) {
      return complain(opened.error().message);
    }
    file = std::move(*opened);
  }
  std::ostream& out = file ? file->stream() : std::cout;
  std::uint64_t letters = 0;
  const Status read = each(config, [&](const std::string&, std::string_view line) {
    const auto letter = parse_letter(line);
    if (letter && selected(given, {}, *letter)) {
      ++letters;
      out << (given.full ? line : letter->record) << '\n';
    }
  });
  if (!read) {
    return complain(read.error().message);
  }
  if (!out.flush()) {
    return complain(cat(given.output.empty() ? "stdout" : given.output, " can't be written"));
  }
  std::cerr << count_of(letters) << " exported\n";
  return kDone;
}

// Opens the files for changing them; nothing after saying what is wrong, with the exit status.
std::optional<DeadLetterStore> open_files(const config::Config& config, bool with_spool, int& exit_status) {
  const std::string& directory = config.dead_letters.directory;
  Status owner = become_owner_of(directory);
  if (!owner) {
    exit_status = owner.error().code == ErrorCode::kNotFound
                      ? complain(cat("there is no ", directory, ": is dead_letters.directory of --config meant?"))
                      : complain(owner.error().message);
    return std::nullopt;
  }
  const std::string spool =
      with_spool && ::access(config.spool.directory.c_str(), W_OK | X_OK) == 0 ? config.spool.directory : "";
  if (with_spool && spool.empty()) {
    exit_status = complain(cat("letters are replayed through the spool, and ", config.spool.directory,
                               " is not there or may not be written to: see spool.directory"));
    return std::nullopt;
  }
  auto files = DeadLetterStore::open(fs::posix(), directory, spool);
  if (!files) {
    const bool busy = files.error().code == ErrorCode::kExists;
    complain(cat(files.error().message, busy ? ": try again" : ""));
    exit_status = busy ? kTryAgain : kFailed;
    return std::nullopt;
  }
  return std::move(*files);
}

bool has_selection(const DeadLettersArguments& given) {
  return given.all || !given.reasons.empty() || !given.ids.empty() || !given.older_than.empty();
}

int ask_which(std::string_view command, std::string_view options) {
  std::cerr << "respand dead-letters " << command << ": which? " << options << " (respand dead-letters list)\n";
  return kBadCommandLine;
}

int purge(const DeadLettersArguments& given, const config::Config& config) {
  if (!has_selection(given)) {
    return ask_which("purge", "--id, --reason, --older-than or --all");
  }
  const auto before = before_time(given);
  if (!before) {
    return kBadCommandLine;
  }
  int exit_status = kDone;
  auto files = open_files(config, false, exit_status);
  if (!files) {
    return exit_status;
  }
  const auto done = files->purge([&](const DeadLetterLine& letter) { return selected(given, *before, letter); });
  if (!done) {
    return complain(done.error().message);
  }
  std::cout << count_of(done->letters) << " purged\n";
  return kDone;
}

int replay(const DeadLettersArguments& given, const config::Config& config) {
  if (!has_selection(given)) {
    return ask_which("replay", "--id, --reason or --all");
  }
  int exit_status = kDone;
  auto files = open_files(config, true, exit_status);
  if (!files) {
    return exit_status;
  }
  SeededRandom random(entropy());
  std::uint64_t all = 0;
  const auto done = files->replay(
      [&](const DeadLetterLine& letter) {
        ++all;
        return selected(given, {}, letter);
      },
      ingest::kReplayPrefix, random);
  if (!done) {
    return complain(done.error().message);
  }
  if (done->letters == 0 && done->other_routes == 0 && !given.all) {
    return none_of(given, all);
  }
  if (done->other_routes > 0) {
    std::cerr << count_of(done->other_routes)
              << " of routes that this version does not know stay; respand dead-letters export --full has them\n";
  }
  std::cout << count_of(done->letters) << " handed to the spool";
  if (done->repeated > 0) {
    std::cout << " (" << done->repeated << " of them stood there twice, and go out once)";
  }
  std::cout << (done->letters > 0 ? ": the daemon sends them now, or when it starts\n" : "\n");
  return kDone;
}

// Asks the daemon: the record is still in its journal.
int give_up(const std::string& control, const std::string& config, std::uint64_t sequence) {
  const auto path = control_path(control, config);
  if (!path) {
    return kBadConfiguration;
  }
  const auto answer = ask_daemon(*path, "POST", cat("/dead-letters/add?sequence=", sequence));
  if (!answer) {
    return unreachable("dead-letters add", answer.error());
  }
  const std::string words = answer->body.substr(0, answer->body.find('\n'));
  if (answer->status == 200) {
    std::cout << "record " << sequence << " is among the dead letters: respand dead-letters show " << sequence << '\n';
    return kDone;
  }
  if (answer->status == 202) {
    std::cout << words << '\n';
    return kDone;
  }
  return complain(cat("add: ", words));
}

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
      [wanted, &exit_status] { exit_status = give_up(wanted->control, wanted->config, wanted->sequence); });
}

CLI::App* add(CLI::App& group, const char* name, const char* about, const std::shared_ptr<DeadLettersArguments>& given,
              int& exit_status, int (*run)(const DeadLettersArguments&, const config::Config&)) {
  auto* const command = group.add_subcommand(name, about);
  add_config_option(*command, given->config);
  command->callback([given, &exit_status, run] {
    const auto config = load_places(given->config, kDeadLetterKeys);
    exit_status = config ? run(*given, *config) : kBadConfiguration;
  });
  return command;
}

std::string not_an_id(const std::string& text) {
  return not_a_count(text).empty() ? std::string()
                                   : cat("'", printable(text, 40), "' is no ID: respand dead-letters list shows them");
}

void add_selection(CLI::App& command, const std::shared_ptr<DeadLettersArguments>& given,
                   const std::string& heading = "Options") {
  auto* const reason = command
                           .add_option("--reason", given->reasons,
                                       "Only letters with this reason: a status, `expired`, `exhausted` or `by_hand`")
                           ->type_name("REASON")
                           ->group(heading);
  add_values(*reason, "400,413,422,expired,exhausted,by_hand");
  command.add_option("--id", given->ids, "Only these letters, as `list` names them")
      ->check(CLI::Validator(not_an_id, ""))
      ->type_name("ID")
      ->group(heading);
}

// What takes letters away wants to be told which: nothing given is a slip, not a wish for all.
void require_selection(CLI::App& command, const std::shared_ptr<DeadLettersArguments>& given) {
  add_selection(command, given, kWhich);
  command.add_flag("--all", given->all, "All of them")->group(kWhich);
}

}  // namespace

void add_dead_letters_command(CLI::App& app, int& exit_status) {
  auto* const group = app.add_subcommand("dead-letters", "What the API refused, why, and another try");
  group->require_subcommand(1);
  auto given = std::make_shared<DeadLettersArguments>();
  auto* const listing =
      add(*group, "list", "One line a letter, and how many of which reason", given, exit_status, list);
  add_selection(*listing, given);
  listing->add_flag("--json", given->json, "NDJSON: a letter without its record a line");
  auto* const showing =
      add(*group, "show", "A letter with the API's answer and the whole record", given, exit_status, show);
  showing->add_option("ids", given->ids, "which? As `list` names them")
      ->check(CLI::Validator(not_an_id, ""))
      ->type_name("ID")
      ->required();
  add_give_up(*group, exit_status);
  auto* const replaying =
      add(*group, "replay", "Send them again: through the journal, exactly once each", given, exit_status, replay);
  require_selection(*replaying, given);
  auto* const exporting =
      add(*group, "export", "The records as NDJSON, as they were posted", given, exit_status, export_letters);
  add_selection(*exporting, given);
  exporting->add_flag("--full", given->full, "The letters themselves: reason, answer and record");
  exporting->add_option("-o,--output", given->output, "Into this file; else to stdout")->type_name("FILE");
  auto* const purging = add(*group, "purge", "Remove them for good", given, exit_status, purge);
  require_selection(*purging, given);
  purging->add_option("--older-than", given->older_than, "Letters of this age, e.g. 30d")
      ->type_name("AGE")
      ->group(kWhich);
}

}  // namespace respand::cli
