#pragma once
// Listening sockets that the service manager hands over (LISTEN_FDS), told apart by their kind. Main thread, once.

#include <optional>

#include "respand/base/result.h"

namespace respand::app {

struct Inherited {
  std::optional<int> stream;    // Unix stream
  std::optional<int> datagram;  // Unix datagram
  std::optional<int> http;      // TCP
};

// kInvalid where a descriptor is none of these, or there are two of a kind.
[[nodiscard]] Result<Inherited> inherited_sockets();

}  // namespace respand::app
