#pragma once
// Open connections in the service manager's descriptor store: put there at a stop, taken from there at a start, so that
// a restart or an upgrade cuts none. Where the manager has no store the copies are closed with it, and the peers see
// what they see at any stop. Main thread.

#include <string_view>
#include <vector>

#include "sockets/connection_handoff.h"

namespace respand::app {

// The names in the store (FDNAME=).
inline constexpr std::string_view kStoredConnections = "respand-connections";
inline constexpr std::string_view kStoredDescription = "respand-description";

// All of them, or none: then they are closed. Says so.
void store_connections(sockets::ConnectionHandoff& handoff);
// What an earlier process had stored, out of the store again. Says what could not be taken back.
[[nodiscard]] std::vector<sockets::RestoredConnection> take_stored(UniqueFd description,
                                                                   std::vector<UniqueFd> connections);

}  // namespace respand::app
