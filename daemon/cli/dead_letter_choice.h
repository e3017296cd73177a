#pragma once
// What the subcommands of `respand dead-letters` have in common: how letters are chosen and read, and how failures are
// printed. Main thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/dead_letter_store.h"
#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

// What the command line says.
struct LetterChoice {
  std::string config;  // the configuration's file
  bool all = false;
  std::vector<std::string> reasons;
  std::vector<std::uint64_t> ids;
  std::string older_than;
  bool json = false;
  bool full = false;
  std::string output;

  // Whether the command line says which letters.
  [[nodiscard]] bool is_made() const;
  // Whether this letter is chosen. `before`: the result of before_time().
  [[nodiscard]] bool takes(const delivery::DeadLetterLine& letter, const std::string& before = {}) const;
  // --older-than as a time to compare with; empty where it is not given; none after printing what is wrong.
  [[nodiscard]] std::optional<std::string> before_time() const;
};

// "respand dead-letters: WHAT" to stderr. Returns kFailed.
int complain_of_letters(std::string_view what);
// Prints that none of the `all` letters has the number or reason asked for. Returns kFailed.
int complain_of_none(const LetterChoice& choice, std::uint64_t all);
// "1 dead letter", "3 dead letters".
[[nodiscard]] std::string letters_text(std::uint64_t letters);
// Visits all letters, in the order of the files. An error says what to do.
[[nodiscard]] Status each_letter(const config::Config& config, const delivery::DeadLetterStore::Visit& visit);

// Subcommands: each returns the exit status.
// dead_letter_reads.cc
int list_letters(const LetterChoice& choice, const config::Config& config);
int show_letters(const LetterChoice& choice, const config::Config& config);
int export_letters(const LetterChoice& choice, const config::Config& config);
// dead_letter_changes.cc
int purge_letters(const LetterChoice& choice, const config::Config& config);
int replay_letters(const LetterChoice& choice, const config::Config& config);
// Asks the daemon over the control socket to give up a record, which is still in its journal.
int give_up_record(const std::string& control, const std::string& config, std::uint64_t sequence);

}  // namespace respand::cli
