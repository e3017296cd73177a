#include "cli/dead_letter_choice.h"

#include <algorithm>
#include <iostream>

#include "cli/program.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/fs/file_system.h"

namespace respand::cli {
namespace {

template <typename T>
bool names(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

bool LetterChoice::is_made() const { return all || !reasons.empty() || !ids.empty() || !older_than.empty(); }

bool LetterChoice::takes(const delivery::DeadLetterLine& letter, const std::string& before) const {
  return names(ids, letter.sequence.value) && names(reasons, std::string(letter.reason)) &&
         (before.empty() || letter.time < before);
}

std::optional<std::string> LetterChoice::before_time() const {
  if (older_than.empty()) {
    return std::string();
  }
  const auto age = parse_duration(older_than);
  if (!age) {
    complain_of_letters(cat("--older-than: ", age.error().message));
    return std::nullopt;
  }
  return iso8601(system_clock().wall() - *age);
}

int complain_of_letters(std::string_view what) {
  std::cerr << "respand dead-letters: " << what << '\n';
  return kFailed;
}

int complain_of_none(const LetterChoice& choice, std::uint64_t all) {
  std::string wanted;
  for (const std::uint64_t id : choice.ids) {
    wanted += cat(wanted.empty() ? "" : ", ", id);
  }
  for (const std::string& reason : choice.reasons) {
    wanted += cat(wanted.empty() ? "" : ", ", "with the reason ", reason);
  }
  return complain_of_letters(cat("no letter ", printable(wanted, 200), "; respand dead-letters list shows ", all));
}

std::string letters_text(std::uint64_t letters) {
  return cat(letters, letters == 1 ? " dead letter" : " dead letters");
}

// A folder that does not exist is an error: the daemon makes it when it starts, so another folder must have been meant.
Status each_letter(const config::Config& config, const delivery::DeadLetterStore::Visit& visit) {
  const std::string& directory = config.dead_letters.directory;
  Status read = delivery::DeadLetterStore::each(fs::posix(), directory, visit);
  if (!read && read.error().code == ErrorCode::kNotFound) {
    return error(ErrorCode::kNotFound,
                 cat("there is no ", directory, ": is dead_letters.directory of --config meant, and has respand run?"));
  }
  if (!read && read.error().code == ErrorCode::kPermission) {
    return std::move(read).fail(cat("may not read ", directory, ", try with sudo"));
  }
  return read;
}

}  // namespace respand::cli
