#pragma once
// RouteDispatcher: begins requests on all routes but that of records with the configuration's key: spans in arrays,
// OTLP export requests as they came, and everything under a key of api.keys. Each route has a lane and an upstream gate
// of its own, which it asks for permits. Its worker's thread.

#include <cstddef>
#include <cstdint>

#include "delivery/in_flight_table.h"
#include "delivery/record_dispatcher.h"
#include "delivery/request_sender.h"
#include "delivery/route_lanes.h"
#include "delivery/worker_context.h"
#include "delivery/worker_permits.h"
#include "respand/http/client.h"

namespace respand::delivery {

class RouteDispatcher {
 public:
  // How many references of one route a worker holds, for instance while the route is paused. The journal has the rest.
  static constexpr std::size_t kMaxOpen = 1024;

  // All borrowed for the object's life.
  RouteDispatcher(const WorkerContext& context, const http::Client& client, RouteLanes& lanes,
                  const InFlightTable& in_flight, WorkerPermits& permits, RequestSender& sender);

  // Begins on each route what may begin now.
  [[nodiscard]] DispatchResult dispatch(MonoTime now);
  // Whether the worker may sleep: the journal has nothing that it could take, and no new route.
  [[nodiscard]] bool may_wait();

 private:
  enum class StartResult : std::uint8_t {
    kStarted,
    kNothing,
    kNoRoom,  // for its payload, in memory
  };

  [[nodiscard]] DispatchResult dispatch(RouteLane& route, MonoTime now);
  [[nodiscard]] DispatchResult use(RouteLane& route, const Permits& permits, MonoTime now);
  [[nodiscard]] StartResult start_next(RouteLane& route, const Permits& permits, MonoTime now);
  [[nodiscard]] bool has_key(RouteLane& route);
  [[nodiscard]] DispatchResult wait_for_work(RouteLane& route) const;
  [[nodiscard]] bool has_work(RouteLane& route, MonoTime now);
  [[nodiscard]] bool has_record(RouteLane& route, MonoTime now);
  [[nodiscard]] static Record take_record(Lane& lane, MonoTime now);
  [[nodiscard]] bool take_new(RouteLane& route);
  [[nodiscard]] std::size_t open_records(const RouteLane& route) const {
    return in_flight_.records(route.id) + route.waiting();
  }

  journal::JournalReader& journal_;
  const http::Client& client_;
  RouteLanes& lanes_;
  const InFlightTable& in_flight_;
  WorkerPermits& permits_;
  RequestSender& sender_;
};

}  // namespace respand::delivery
