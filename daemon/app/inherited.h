#pragma once
// The sockets that the service manager hands over (LISTEN_FDS), told apart by their kind, and what an earlier process
// left in the manager's descriptor store, told apart by name. Main thread, once.

#include <optional>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/result.h"

namespace respand::app {

struct Inherited {
  std::optional<int> stream;          // Unix stream, listening
  std::optional<int> datagram;        // Unix datagram
  std::optional<int> http;            // TCP, listening
  std::vector<UniqueFd> connections;  // as fd_store.h has stored them
  UniqueFd description;
};

// kInvalid: a descriptor is of another kind, or there are two of one kind; the message names the descriptor, with its
// name in the unit. Requires: before anything else opens descriptors.
[[nodiscard]] Result<Inherited> inherited_sockets();
// The path that a Unix socket is bound to; empty where it has none.
[[nodiscard]] std::string path_of(int socket);

}  // namespace respand::app
