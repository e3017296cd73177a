#pragma once
// Puts open connections into the service manager's descriptor store at a stop, and takes them from there at a start, so
// that a restart or an upgrade cuts none of them. Where the manager keeps no store the connections are closed, as at
// any stop. Main thread.

#include <string_view>
#include <vector>

#include "sockets/connection_handoff.h"

namespace respand::app {

// The names in the store (FDNAME=).
inline constexpr std::string_view kStoredConnections = "respand-connections";
inline constexpr std::string_view kStoredDescription = "respand-description";

// Stores all of them, or none; then they are closed. Logs which.
void store_connections(sockets::ConnectionHandoff& handoff);
// Takes what an earlier process had stored, and empties the store. Logs what could not be taken back.
[[nodiscard]] std::vector<sockets::RestoredConnection> take_stored(UniqueFd description,
                                                                   std::vector<UniqueFd> connections);

}  // namespace respand::app
