#pragma once
// Routes: what all workers share of each way (WayId, respand/journal/reader.h: a route and a key on it), apart from
// that of records with the configuration's key: mainly its upstream gate. Each way has its own, so that a route which
// the API does not know (404), or a key that it does not take (401), pauses no other. Any thread.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delivery/batch_builder.h"
#include "delivery/refusal_run.h"
#include "delivery/upstream_gate.h"
#include "respand/base/api_route.h"
#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

// "v2/traces", "request-logs/create with the key prod".
[[nodiscard]] inline std::string name_of(const journal::Way& way) {
  return way.key.empty() ? std::string(name_of(way.route)) : cat(name_of(way.route), " with the key ", way.key);
}

struct RouteShare {
  RouteShare(journal::Way where, const UpstreamGate::Settings& settings, const Batching::Settings& batch)
      : way(std::move(where)), name(name_of(way)), upstream(named(settings, name)), arrays(batch, true) {}
  const journal::Way way;
  const std::string name;
  UpstreamGate upstream;
  RefusalRun refusals;
  Batching arrays;  // for spans, which the API takes in arrays
  // Something waits, and the configuration has no such key any more. Set by workers, cleared by a reload; only status
  // reads it, hence relaxed.
  std::atomic<bool> keyless = false;
  // A statistic: deliveries since the start.
  std::atomic<std::uint64_t> delivered = 0;
  // How many of them the metrics show already. Only the thread that renders the metrics uses it.
  mutable std::uint64_t told = 0;
  // Statistics: spans that the API has rejected since the start, of OTLP requests that it took; and when it did last.
  std::atomic<std::uint64_t> rejected_spans = 0;
  std::atomic<std::int64_t> rejected_at = 0;  // microseconds, as WallTime

 private:
  static UpstreamGate::Settings named(UpstreamGate::Settings settings, const std::string& name) {
    settings.route = name;
    return settings;
  }
};

class Routes {
 public:
  explicit Routes(const UpstreamGate::Settings& settings, const Batching::Settings& batch = {})
      : state_(State{settings, batch, {}, {}}) {
    for (std::size_t route = 1; route < kApiRoutes.size(); ++route) {
      static_cast<void>(of(journal::way_of(static_cast<ApiRoute>(route)), {static_cast<ApiRoute>(route), {}}));
    }
  }

  // Sets what to call when a slot is free for a worker that was refused. Before threads start.
  void attach(std::uint32_t worker, std::function<void()> wake) {
    state_.with([&](State& state) {
      for (const auto& share : state.owned) {
        share->upstream.attach(worker, wake);
      }
      state.wakers.emplace_back(worker, std::move(wake));
    });
  }
  // The share of a way; it is made where it is new, and lives as long as this object. Requires: id > 0, always with the
  // same way.
  [[nodiscard]] RouteShare& of(journal::WayId id, const journal::Way& way) {
    if (RouteShare* const known = shares_[id].load(std::memory_order_acquire)) {
      return *known;
    }
    return state_.with([&](State& state) -> RouteShare& {
      if (RouteShare* const known = shares_[id].load(std::memory_order_relaxed)) {
        return *known;
      }
      RouteShare& made = *state.owned.emplace_back(std::make_unique<RouteShare>(way, state.settings, state.batch));
      for (const auto& [worker, wake] : state.wakers) {
        made.upstream.attach(worker, wake);
      }
      shares_[id].store(&made, std::memory_order_release);
      return made;
    });
  }
  // Requires: known.
  [[nodiscard]] RouteShare& of(journal::WayId id) { return *shares_[id].load(std::memory_order_acquire); }
  // Replaces the settings of ways that come into being from now on.
  void reconfigure(const UpstreamGate::Settings& settings, const Batching::Settings& batch) {
    state_.with([&](State& state) {
      state.settings = settings;
      state.batch = batch;
    });
  }
  // The same of the rate limit alone.
  void set_rate_limit(const RateLimit& limit) {
    state_.with([&](State& state) { state.settings.rate_limit = limit; });
  }
  // Calls `visit(share)` for each.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (const auto& slot : shares_) {
      if (RouteShare* const share = slot.load(std::memory_order_acquire)) {
        visit(*share);
      }
    }
  }

 private:
  struct State {
    UpstreamGate::Settings settings;
    Batching::Settings batch;
    std::vector<std::unique_ptr<RouteShare>> owned;
    std::vector<std::pair<std::uint32_t, std::function<void()>>> wakers;
  };
  LockGuarded<State> state_;
  std::array<std::atomic<RouteShare*>, journal::kMostWays> shares_{};  // by WayId; each is set once
};

}  // namespace respand::delivery
