#pragma once
// GiveUpHandler: one worker's part in giving up a record by hand (give_up_requests.h). A record that waits goes to the
// dead letters at once; a record in flight goes there when its attempt fails. Its worker's thread.

#include <cstdint>

#include "delivery/give_up_requests.h"
#include "delivery/in_flight_table.h"
#include "delivery/record_outcomes.h"
#include "delivery/request_body.h"
#include "delivery/route_lanes.h"
#include "delivery/worker_context.h"

namespace respand::delivery {

class GiveUpHandler {
 public:
  // All borrowed for the object's life.
  GiveUpHandler(const WorkerContext& context, RouteLanes& lanes, InFlightTable& in_flight, RecordOutcomes& outcomes)
      : requests_(context.give_ups),
        lanes_(lanes),
        in_flight_(in_flight),
        outcomes_(outcomes),
        bodies_(context.journal) {}

  // Looks for the record of a new request, once for each request. Costs an atomic load where there is no new one.
  void step(MonoTime now);

 private:
  void dead_letter(Record record, MonoTime now);

  GiveUpRequests& requests_;
  RouteLanes& lanes_;
  InFlightTable& in_flight_;
  RecordOutcomes& outcomes_;
  BodyReader bodies_;
  std::uint64_t last_request_ = 0;
};

}  // namespace respand::delivery
