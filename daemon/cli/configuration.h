#pragma once
// Loads the configuration for a command, and prints its mistakes to stderr. Main thread.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/log.h"
#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

// The configuration; none where it or its price list has mistakes. Mistakes and warnings are printed to stderr; with
// `format` kJson as lines of the log, because whatever reads stderr may expect JSON.
[[nodiscard]] std::optional<config::Config> load_configuration(const std::string& file,
                                                               log::Format format = log::Format::kText);

// log.format, as far as the file can be read: the form of messages before the whole file is known to be right.
[[nodiscard]] log::Format log_format(const std::string& file);

// Reads only these keys, for commands that need to know where things are. Their user may be unable to read the API key
// and other files that the configuration names, and does not have the daemon's environment, so mistakes in other keys
// must not stop them. With an empty `file` the default file counts if it can be read, else the default values.
[[nodiscard]] std::optional<config::Config> load_places(const std::string& file,
                                                        std::span<const std::string_view> keys);

// As load_places(), for commands that must find the daemon even if the file has mistakes: the values that could be
// read, and the mistakes.
struct Places {
  config::Config config;
  std::vector<config::Problem> problems;
};
[[nodiscard]] Places places_despite_mistakes(const std::string& file, std::span<const std::string_view> keys);

// If this process is root, it goes on as the user and group that own `directory`, so that files which it writes there
// belong to the daemon. kNotFound: there is no such directory.
[[nodiscard]] Status become_owner_of(const std::string& directory);

}  // namespace respand::cli
