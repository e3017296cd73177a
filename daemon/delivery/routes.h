#pragma once
// Routes: what all workers know together of each route that is not that of records: whether its API is asked, how many
// requests may be under way. Each has its own, so that one which the API does not know (404) pauses no other. Any
// thread.

#include <array>
#include <memory>

#include "delivery/destination.h"
#include "delivery/refusal_run.h"
#include "respand/base/api_route.h"

namespace respand::delivery {

struct RouteShare {
  explicit RouteShare(const Destination::Settings& settings) : destination(settings) {}
  Destination destination;
  RefusalRun refusals;
};

class Routes {
 public:
  explicit Routes(Destination::Settings settings) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      settings.route = kApiRoutes[i + 1];
      shares_[i] = std::make_unique<RouteShare>(settings);
    }
  }
  // Requires: not that of records.
  [[nodiscard]] RouteShare& of(ApiRoute route) { return *shares_[index_of(route) - 1]; }
  [[nodiscard]] const RouteShare& of(ApiRoute route) const { return *shares_[index_of(route) - 1]; }
  // Calls `visit(route, share)` for each.
  template <typename Visit>
  void each(const Visit& visit) const {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      visit(static_cast<ApiRoute>(i + 1), *shares_[i]);
    }
  }

 private:
  std::array<std::unique_ptr<RouteShare>, kApiRoutes.size() - 1> shares_;
};

}  // namespace respand::delivery
