#pragma once
// Daemon: the parts wired together, from the first lock to the last sync. `respand run` makes one and runs it on the
// main thread, which is the io thread.

#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::app {

// The event in the log once writers are let in; `respand dev` waits for it.
inline constexpr std::string_view kReadyEvent = "ready";

// Runs until SIGTERM or SIGINT has stopped it cleanly. `config_file` is read again at SIGHUP. An error: it could not
// start; nothing is left behind. Requires: no other thread runs.
[[nodiscard]] Status run_daemon(const config::Config& config, const std::string& config_file);

}  // namespace respand::app
