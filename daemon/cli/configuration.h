#pragma once
// Loading the configuration for a command, and saying its mistakes on stderr. Main thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/log.h"
#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

// The configuration, or nothing where it or its price list has mistakes; they and the warnings are on stderr then.
// `format` kJson: as lines of the log, for who reads all of stderr as JSON.
[[nodiscard]] std::optional<config::Config> load_configuration(const std::string& file,
                                                               log::Format format = log::Format::kText);

// log.format as far as the file can be read, for what is said before the whole of it is known to be right.
[[nodiscard]] log::Format log_format(const std::string& file);

// For commands that need to know only where things are: reads these keys and no others. Who runs them may read neither
// the key nor what else the configuration names, and has not the daemon's environment; what is wrong there is no
// mistake of theirs. With an empty `file` the default one counts where it can be read, else the defaults themselves.
[[nodiscard]] std::optional<config::Config> load_places(const std::string& file,
                                                        std::span<const std::string_view> keys);

// As load_places(), for who must find the daemon whatever is wrong with the file: the mistakes, and of the values those
// that could be read.
struct Places {
  config::Config config;
  std::vector<config::Problem> problems;
};
[[nodiscard]] Places places_despite_mistakes(const std::string& file, std::span<const std::string_view> keys);

// Goes on with the rights of the user and group that own `directory`, where this is root: what it writes in there
// stays the daemon's. kNotFound where there is no such directory.
[[nodiscard]] Status become_owner_of(const std::string& directory);

}  // namespace respand::cli
