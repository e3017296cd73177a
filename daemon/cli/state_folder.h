#pragma once
// All that respand keeps, under one folder: for who runs it as himself. Main thread, before others start.

#include <string>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

// Makes `folder` where it is not there, and has the configuration put its sockets, journal, spool, dead letters and
// ledger there: by the environment (RESPAND_SOCKET_PATH …), so that it holds for reloads too.
[[nodiscard]] Status use_state_folder(const std::string& folder);

// Keys whose places this user can't write to: "journal.directory, socket.path". Empty where the journal can be kept.
[[nodiscard]] std::string out_of_reach(const config::Config& config);

}  // namespace respand::cli
