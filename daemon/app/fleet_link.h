#pragma once
// FleetLink: this host's part in a fleet, if it has one: an edge, which takes the place of delivery's workers, or a
// relay, which is one more input. It translates the configuration, and gives both what they need of the other parts.
// Main thread, apart from stop_relay() and stop_edge().

#include <memory>
#include <optional>
#include <vector>

#include "app/watchdog.h"
#include "delivery/delivery.h"
#include "fleet/edge.h"
#include "fleet/relay.h"
#include "journal/journal.h"
#include "respand/config/config.h"
#include "respand/fleet/edge_state.h"
#include "respand/fleet/relay_state.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

// The state of either, for status and metrics; both empty: this host is in no fleet.
struct FleetState {
  std::optional<fleet::EdgeState> edge;
  std::optional<fleet::RelayState> relay;
};

class FleetLink {
 public:
  // Makes what the configuration wants; no thread runs yet. All is borrowed for its life.
  void open(const config::Config& config, journal::Journal& journal, delivery::Delivery& delivery,
            metrics::Registry& registry);
  void start();
  void reconfigure(const config::Config& config);
  // Nothing more is taken from the stream; what the journal holds goes to it without delay. Returns at once.
  void begin_stop();
  // Each waits for its thread. The relay ends before delivery and journal, as other inputs do; the edge when nothing
  // comes in any more.
  void stop_relay();
  void stop_edge();

  // The journal's pin for the spool.
  [[nodiscard]] journal::RetentionPin& spool_pin(journal::Journal& journal);
  [[nodiscard]] FleetState state() const;
  // Adds their threads to those that are watched.
  void add_threads(std::vector<Watchdog::Thread>& threads) const;

 private:
  std::unique_ptr<fleet::Edge> edge_;
  std::unique_ptr<fleet::Relay> relay_;
};

}  // namespace respand::app
