#pragma once
// Puts everything that respand keeps into one folder, for users that run it as themselves (--state). Main thread,
// before others start.

#include <string>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

// Makes `folder` if it does not exist, and sets the paths of sockets, journal, spool, dead letters and ledger to it: in
// the environment (RESPAND_SOCKET_PATH …), so that they hold for reloads too.
[[nodiscard]] Status use_state_folder(const std::string& folder);

// The keys of paths that this user can't write to: "journal.directory, socket.path". Empty where the journal can be
// kept.
[[nodiscard]] std::string out_of_reach(const config::Config& config);

}  // namespace respand::cli
