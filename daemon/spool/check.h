#pragma once
// What is wrong with a spool directory itself, in words that its operator can act on. Looked for at the start, at each
// listing, and by `respand check`. Any thread; it asks the file system.

#include <sys/types.h>

#include <string>
#include <vector>

#include "respand/fs/directory.h"

namespace respand::spool {

struct SpoolProblem {
  std::string what;    // without a full stop
  std::string remedy;  // what to do
  friend bool operator==(const SpoolProblem&, const SpoolProblem&) = default;
};

// For a daemon that runs as this user.
[[nodiscard]] std::vector<SpoolProblem> find_spool_problems(fs::Directories& directories, const std::string& directory,
                                                            uid_t user);

// The name of a user, or his number. The user data base may be asked.
[[nodiscard]] std::string user_name(uid_t user);

}  // namespace respand::spool
