#pragma once
// The configuration for commands that run beside the daemon: where things are. Main thread.

#include <span>
#include <string>
#include <string_view>

#include "respand/config/config.h"

namespace respand::config {

// The file that is read where none is named. It need not exist: the defaults and the environment may be enough.
inline constexpr const char* kDefaultFile = "/etc/respand/respand.yaml";
// The file that holds the API key, where nothing else gives one.
inline constexpr const char* kDefaultKeyFile = "/etc/respand/api_key";

// For a caller that needs to know a few things only, such as where a socket is: reads `keys` ("control.path") and no
// others. The rest of the file may be wrong, or name files and variables that only the daemon has.
[[nodiscard]] Loaded load_keys(const std::string& path, const Environment& environment,
                               std::span<const std::string_view> keys);

}  // namespace respand::config
