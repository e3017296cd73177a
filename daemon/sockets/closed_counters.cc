#include "sockets/closed_counters.h"

namespace respand::sockets {
namespace {

metrics::Counter closed_counter(metrics::Registry& registry, std::string_view reason) {
  return registry.counter("respand_connections_refused_total",
                          "Connections closed by respand before their writer was done", {{"reason", reason}});
}

}  // namespace

ClosedCounters::ClosedCounters(metrics::Registry& registry)
    : too_many(closed_counter(registry, "too_many")),
      too_many_of_user(closed_counter(registry, "too_many_of_user")),
      gave_way(closed_counter(registry, "gave_way")),
      timed_out(closed_counter(registry, "timed_out")),
      not_allowed(closed_counter(registry, "not_allowed")),
      stalled(closed_counter(registry, "stalled")),
      no_descriptor(closed_counter(registry, "no_descriptor")) {}

}  // namespace respand::sockets
