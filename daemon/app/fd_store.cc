#include "app/fd_store.h"

#include <algorithm>
#include <span>

#include "app/service_manager.h"
#include "respand/base/log.h"

namespace respand::app {
namespace {

bool store_all(int description, const std::vector<UniqueFd>& sockets) {
  std::vector<int> numbers;
  numbers.reserve(sockets.size());
  for (const UniqueFd& socket : sockets) {
    numbers.push_back(socket.get());
  }
  // The description goes first: if the store is too small, connections are missing, and not the description of them.
  bool stored = store_descriptors(kStoredDescription, std::span(&description, 1));
  for (std::span<const int> left(numbers); stored && !left.empty();) {
    const std::size_t some = std::min(left.size(), kMostDescriptors);
    stored = store_descriptors(kStoredConnections, left.first(some));
    left = left.subspan(some);
  }
  return stored;
}

void forget_all() {
  forget_descriptors(kStoredConnections);
  forget_descriptors(kStoredDescription);
}

}  // namespace

void store_connections(sockets::ConnectionHandoff& handoff) {
  const std::size_t count = handoff.sockets().size();
  if (count == 0) {
    return;
  }
  const auto description = handoff.describe();
  if (description && store_all(description->get(), handoff.sockets())) {
    log::info("open connections left to the next process", {{"connections", count}});
  } else {
    forget_all();
    log::warning("open connections could not be left to the next process: they are closed",
                 {{"connections", count},
                  {"why", description ? "the service manager does not take them" : description.error().message}});
  }
  handoff.clear();
}

// The store is emptied before any connection is answered. Otherwise, if this process were killed later, the next one
// would find the connections in an old state, with counts of lines that are wrong by then.
std::vector<sockets::RestoredConnection> take_stored(UniqueFd description, std::vector<UniqueFd> connections) {
  if (!description && connections.empty()) {
    return {};
  }
  sockets::Return restored = sockets::restore(std::move(description), std::move(connections));
  forget_all();
  if (!restored.problem.empty()) {
    log::warning(
        "connections of the process before are closed: what they had sent and got no acknowledgement for is to "
        "be sent again",
        {{"closed", restored.closed}, {"why", restored.problem}});
  }
  log::info("connections of the process before go on", {{"connections", restored.connections.size()}});
  return std::move(restored.connections);
}

}  // namespace respand::app
