#include "app/fleet_json.h"

#include <chrono>
#include <vector>

#include "app/status_tables.h"
#include "respand/base/text.h"
#include "respand/json/writer.h"

namespace respand::app {
namespace {

std::string stream_json(const std::optional<fleet::StreamDepth>& depth) {
  if (!depth) {
    return "null";
  }
  json::Object object;
  object.member("messages", depth->messages).member("bytes", depth->bytes);
  object.member("max_bytes", depth->max_bytes);
  object.member("replicas", static_cast<std::uint64_t>(depth->replicas)).member("leader", shown(depth->leader));
  if (depth->oldest) {
    object.member("oldest", iso8601(*depth->oldest));
  }
  return object.text();
}

// What the objects of edges and relays begin with.
json::Object head(std::string_view role, const fleet::ClusterView& view, std::string_view condition) {
  return json::Object()
      .member("role", role)
      .member("connected", view.connected)
      .member("server", shown(view.server))
      .member("server_version", shown(view.server_version))
      .member("condition", condition)
      .member("why", shown(view.why))
      .member("unmet", shown(view.unmet));
}

std::string edge_json(const fleet::EdgeState& edge) {
  return head("edge", edge, fleet::name_of(edge.condition))
      .member("stream_lost", edge.stream_lost)
      .member("mended", edge.mended)
      .value("republishing", json::Object()
                                 .member("runs", edge.republishing.runs)
                                 .member("done", edge.republishing.done)
                                 .member("of", edge.republishing.of)
                                 .text())
      .member("kept_bytes", edge.kept_bytes)
      .member("not_kept", edge.not_kept)
      .member("in_flight", std::uint64_t{edge.in_flight})
      .member("batches", edge.batches)
      .member("records", edge.records)
      .value("stream", stream_json(edge.depth))
      .text();
}

std::string share_json(const fleet::RelayShare& share) {
  if (share.sharing == fleet::Sharing::kOff) {
    return "null";
  }
  return json::Object()
      .member("sharing", fleet::name_of(share.sharing))
      .member("relays", std::uint64_t{share.relays})
      .member("of_per_second", std::uint64_t{share.limit})
      .fraction("per_second", share.limit * share.part)
      .text();
}

std::string lags_json(const std::vector<fleet::EdgeLag>& edges) {
  std::vector<std::string> all;
  for (const fleet::EdgeLag& edge : edges) {
    all.push_back(json::Object()
                      .member("edge", shown(edge.edge))
                      .fraction("lag_seconds", std::chrono::duration<double>(edge.lag).count())
                      .fraction("last_seconds", std::chrono::duration<double>(edge.last).count())
                      .text());
  }
  return json::array_of(all);
}

std::string relay_json(const fleet::RelayState& relay) {
  return head("relay", relay, fleet::name_of(relay.condition))
      .member("held", relay.held)
      .member("records", relay.records)
      .member("duplicates", relay.duplicates)
      .member("aside", relay.aside)
      .member("pending", relay.pending)
      .member("ack_pending", relay.ack_pending)
      .member("redelivered", relay.redelivered)
      .value("rate_limit", share_json(relay.share))
      .member("edges", std::uint64_t{relay.edges})
      .value("furthest_behind", lags_json(relay.furthest_behind))
      .value("stream", stream_json(relay.depth))
      .text();
}

}  // namespace

std::string fleet_json(const FleetState& fleet) {
  return fleet.edge ? edge_json(*fleet.edge) : relay_json(*fleet.relay);
}

bool is_paused(fleet::EdgeCondition condition) noexcept {
  return condition == fleet::EdgeCondition::kCredentials || condition == fleet::EdgeCondition::kNoStream ||
         condition == fleet::EdgeCondition::kRequirements;
}

}  // namespace respand::app
