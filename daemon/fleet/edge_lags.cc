#include "fleet/edge_lags.h"

#include <algorithm>
#include <set>
#include <utility>

#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::string_view kOtherEdges = "other";
constexpr std::string_view kNamelessEdge = "unnamed";
constexpr std::string_view kLagName = "respand_nats_edge_lag_seconds";
constexpr std::string_view kLastName = "respand_nats_edge_last_seconds";

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Edges come and go while the relay runs, so their series do too.
class EdgeLagGauges {
 public:
  EdgeLagGauges(metrics::Registry& registry, std::shared_ptr<LockGuarded<EdgeLags>> lags, const Clock& clock)
      : registry_(registry), lags_(std::move(lags)), clock_(clock) {}

  void collect() {
    const MonoTime now = clock_.mono();
    const std::vector<EdgeLag> edges = lags_->with([now](EdgeLags& lags) {
      lags.forget(now);
      return lags.all(now);
    });
    std::set<std::string> shown;
    for (const EdgeLag& edge : edges) {
      registry_
          .gauge(kLagName, "How old the oldest record of an edge's last message was when this relay took it",
                 {{"edge", edge.edge}})
          .set(in_seconds(edge.lag));
      registry_.gauge(kLastName, "How long ago this relay took the last message of an edge", {{"edge", edge.edge}})
          .set(in_seconds(edge.last));
      shown.insert(edge.edge);
    }
    for (const std::string& gone : std::exchange(shown_, shown)) {
      if (!shown.contains(gone)) {
        registry_.remove_gauge(kLagName, {{"edge", gone}});
        registry_.remove_gauge(kLastName, {{"edge", gone}});
      }
    }
  }

 private:
  metrics::Registry& registry_;
  const std::shared_ptr<LockGuarded<EdgeLags>> lags_;
  const Clock& clock_;
  std::set<std::string> shown_;
};

}  // namespace

void EdgeLags::note(std::string_view host, Duration lag, MonoTime now) {
  std::string name = host.empty() ? std::string(kNamelessEdge) : printable(host, kLongestName);
  if (!edges_.contains(name) && edges_.size() + 1 >= kMost) {
    forget(now);
    name = edges_.size() + 1 >= kMost ? std::string(kOtherEdges) : std::move(name);
  }
  edges_[std::move(name)] = {std::max(Duration{0}, lag), now};
}

void EdgeLags::forget(MonoTime now) {
  std::erase_if(edges_, [now](const auto& edge) { return now >= edge.second.last + kForget; });
}

std::vector<EdgeLag> EdgeLags::all(MonoTime now) const {
  std::vector<EdgeLag> all;
  all.reserve(edges_.size());
  for (const auto& [name, known] : edges_) {
    all.push_back({name, known.lag, now - known.last});
  }
  return all;
}

std::vector<EdgeLag> EdgeLags::furthest_behind(std::size_t most, MonoTime now) const {
  std::vector<EdgeLag> edges = all(now);
  const auto end = edges.begin() + static_cast<std::ptrdiff_t>(std::min(most, edges.size()));
  std::partial_sort(edges.begin(), end, edges.end(), [](const EdgeLag& a, const EdgeLag& b) { return a.lag > b.lag; });
  edges.erase(end, edges.end());
  return edges;
}

void show_edge_lags(metrics::Registry& registry, const std::shared_ptr<LockGuarded<EdgeLags>>& lags,
                    const Clock& clock) {
  const auto gauges = std::make_shared<EdgeLagGauges>(registry, lags, clock);
  registry.on_collect([gauges] { gauges->collect(); });
}

}  // namespace respand::fleet
