#pragma once
// What an edge and a relay say alike of their connection to the cluster: in the log, and in their states. Used by Edge
// and Relay, on their threads.

#include <string>
#include <utility>

#include "respand/base/clock.h"
#include "respand/fleet/cluster_view.h"
#include "respand/nats/client.h"

namespace respand::fleet {

// Logs that the connection came up, or that it is gone.
void log_link(const nats::State& connection, nats::Link link);
// Puts what the client knows of its connection into the view.
void show_connection(const nats::State& connection, ClusterView& view);

// Sets the condition of an edge's or a relay's state, and since when it holds.
template <typename State, typename Condition>
void show_condition(State& state, Condition now, std::string why, const Clock& clock) {
  if (state.condition != now || state.since == WallTime{}) {
    state.since = clock.wall();
  }
  state.condition = now;
  state.why = std::move(why);
}

}  // namespace respand::fleet
