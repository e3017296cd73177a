#include "fleet/cluster_link.h"

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::fleet {

void log_link(const nats::State& connection, nats::Link link) {
  if (link == nats::Link::kUp) {
    log::info("connected to a NATS server",
              {{"server", connection.server}, {"version", printable(connection.info.version, 32)}});
  } else {
    log::warning("the connection to the NATS server is gone",
                 {{"server", connection.server}, {"why", connection.detail}});
  }
}

void show_connection(const nats::State& connection, ClusterView& view) {
  view.connected = connection.link == nats::Link::kUp;
  view.server = connection.server;
  view.server_version = connection.info.version;
}

}  // namespace respand::fleet
