#pragma once
// The configuration for who runs beside the daemon: where things are. Main thread.

#include <span>
#include <string>
#include <string_view>

#include "respand/config/config.h"

namespace respand::config {

// It need not be there: the defaults and the environment may be enough.
inline constexpr const char* kDefaultFile = "/etc/respand/respand.yaml";
// Where the key is, if nothing else gives one.
inline constexpr const char* kDefaultKeyFile = "/etc/respand/api_key";

// For who needs to know a few things only, such as where a socket is: reads `keys` ("control.path") and no others. What
// else the file says may be wrong, or mean files and variables that only the daemon has.
[[nodiscard]] Loaded load_keys(const std::string& path, const Environment& environment,
                               std::span<const std::string_view> keys);

}  // namespace respand::config
