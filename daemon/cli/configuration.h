#pragma once
// Loading the configuration for a command, and saying its mistakes on stderr. Main thread.

#include <optional>
#include <string>

#include "respand/config/config.h"

namespace respand::cli {

// The configuration, or nothing where it has mistakes; they and the warnings are on stderr then.
[[nodiscard]] std::optional<config::Config> load_configuration(const std::string& file);

}  // namespace respand::cli
