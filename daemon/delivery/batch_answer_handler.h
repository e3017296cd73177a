#pragma once
// BatchAnswerHandler: decides what the answer to a batch means for each of its records: it is acknowledged, or sent
// again, together with the others, in halves until the wrong record stands alone (bisection), or alone. No answer to a
// batch makes a dead letter; only the answer to a record sent alone does. Used by AnswerHandler, on its worker's
// thread.

#include "delivery/counters.h"
#include "delivery/in_flight_table.h"
#include "delivery/payload_pool.h"
#include "delivery/record_outcomes.h"
#include "delivery/route_lanes.h"
#include "delivery/tap_feed.h"
#include "delivery/verdict.h"
#include "delivery/worker_permits.h"
#include "respand/http/client.h"

namespace respand::delivery {

class BatchAnswerHandler {
 public:
  // All borrowed for the object's life.
  BatchAnswerHandler(RouteLanes& lanes, RecordOutcomes& outcomes, WorkerPermits& permits, PayloadPool& payloads,
                     Counters& counters, TapFeed& tap);

  // Requires: a batch.
  void handle(InFlightRequest request, http::Answer& answer, MonoTime now);

 private:
  void delivered(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now);
  void inconsistent(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now);
  void upstream_wrong(RouteLane& route, InFlightRequest request, Fault fault, const http::Answer& answer, MonoTime now);
  void retry(RouteLane& route, InFlightRequest request, const http::Answer& answer, MonoTime now);
  void bisect(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now);
  void send_each_alone(RecordBatch records, const http::Answer& answer, MonoTime now);
  void send_alone(Record record, const http::Answer& answer, MonoTime now);

  RouteLanes& lanes_;
  RecordOutcomes& outcomes_;
  WorkerPermits& permits_;
  PayloadPool& payloads_;
  Counters& counters_;
  TapFeed& tap_;
};

}  // namespace respand::delivery
