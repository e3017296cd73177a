#pragma once
// What an edge and a relay both see of the cluster and the stream, at one moment. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>

#include "respand/base/units.h"

namespace respand::fleet {

// The stream as STREAM.INFO says.
struct StreamDepth {
  // What it holds.
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::optional<WallTime> oldest;  // when its first message was stored
  // How many servers keep it, and which one leads them.
  int replicas = 0;
  std::string leader;
  std::uint64_t max_bytes = 0;  // the most that it may hold; 0: it has no such limit
};

// The part that the states of both have.
struct ClusterView {
  // Whether there is a connection, to which server or the last one that was tried ("host:port"), and its version.
  bool connected = false;
  std::string server;
  std::string server_version;
  // What stands in the way, in words beside the condition, and when that began.
  std::string why;
  WallTime since{};
  std::string unmet;                 // what the cluster promises less than nats.require wants; empty: nothing
  std::optional<StreamDepth> depth;  // nothing: the stream has not said it yet
};

}  // namespace respand::fleet
