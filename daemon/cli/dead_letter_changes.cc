// `respand dead-letters purge`, `replay` and `add`: they change the files, or ask the daemon to.

#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>

#include "cli/configuration.h"
#include "cli/control_client.h"
#include "cli/dead_letter_choice.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/fs/file_system.h"
#include "spool/name.h"

namespace respand::cli {
namespace {

using delivery::DeadLetterLine;
using delivery::DeadLetterStore;

// Opens the files for changing them; none after printing what is wrong, with the exit status set.
std::optional<DeadLetterStore> open_files(const config::Config& config, bool with_spool, int& exit_status) {
  const std::string& directory = config.dead_letters.directory;
  Status owner = become_owner_of(directory);
  if (!owner) {
    exit_status =
        owner.error().code == ErrorCode::kNotFound
            ? complain_of_letters(cat("there is no ", directory, ": is dead_letters.directory of --config meant?"))
            : complain_of_letters(owner.error().message);
    return std::nullopt;
  }
  const std::string spool =
      with_spool && ::access(config.spool.directory.c_str(), W_OK | X_OK) == 0 ? config.spool.directory : "";
  if (with_spool && spool.empty()) {
    exit_status = complain_of_letters(cat("letters are replayed through the spool, and ", config.spool.directory,
                                          " is not there or may not be written to: see spool.directory"));
    return std::nullopt;
  }
  auto files = DeadLetterStore::open(fs::posix(), directory, spool);
  if (!files) {
    const bool busy = files.error().code == ErrorCode::kExists;
    complain_of_letters(cat(files.error().message, busy ? ": try again" : ""));
    exit_status = busy ? kTryAgain : kFailed;
    return std::nullopt;
  }
  return std::move(*files);
}

int ask_which(std::string_view command, std::string_view options) {
  std::cerr << "respand dead-letters " << command << ": which? " << options << " (respand dead-letters list)\n";
  return kBadCommandLine;
}

}  // namespace

int purge_letters(const LetterChoice& choice, const config::Config& config) {
  if (!choice.is_made()) {
    return ask_which("purge", "--id, --reason, --older-than or --all");
  }
  const auto before = choice.before_time();
  if (!before) {
    return kBadCommandLine;
  }
  int exit_status = kDone;
  auto files = open_files(config, false, exit_status);
  if (!files) {
    return exit_status;
  }
  const auto done = files->purge([&](const DeadLetterLine& letter) { return choice.takes(letter, *before); });
  if (!done) {
    return complain_of_letters(done.error().message);
  }
  std::cout << letters_text(done->letters) << " purged\n";
  return kDone;
}

int replay_letters(const LetterChoice& choice, const config::Config& config) {
  if (!choice.is_made()) {
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
        return choice.takes(letter);
      },
      spool::kReplayPrefix, random);
  if (!done) {
    return complain_of_letters(done.error().message);
  }
  if (done->letters == 0 && done->other_routes == 0 && !choice.all) {
    return complain_of_none(choice, all);
  }
  if (done->other_routes > 0) {
    std::cerr << letters_text(done->other_routes)
              << " of routes that this version does not know stay; respand dead-letters export --full has them\n";
  }
  std::cout << letters_text(done->letters) << " handed to the spool";
  if (done->repeated > 0) {
    std::cout << " (" << done->repeated << " of them stood there twice, and go out once)";
  }
  std::cout << (done->letters > 0 ? ": the daemon sends them now, or when it starts\n" : "\n");
  return kDone;
}

int give_up_record(const std::string& control, const std::string& config, std::uint64_t sequence) {
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
  return complain_of_letters(cat("add: ", words));
}

}  // namespace respand::cli
