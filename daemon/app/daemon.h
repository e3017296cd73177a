#pragma once
// run_daemon(): runs the whole daemon, from the first lock to the last sync, on the main thread, which is its io
// thread. Used by `respand run`.

#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::app {

// The event in the log once writers are let in; `respand dev` waits for it.
inline constexpr std::string_view kReadyEvent = "ready";

// Returns when SIGTERM or SIGINT has stopped the daemon cleanly. `config_file` is read again at SIGHUP. An error means
// that it could not start; nothing is left behind then. Requires: no other thread runs.
[[nodiscard]] Status run_daemon(const config::Config& config, const std::string& config_file);

}  // namespace respand::app
