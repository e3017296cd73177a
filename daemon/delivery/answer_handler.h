#pragma once
// AnswerHandler: judges each answer. It tells the upstream gate what the answer says of the API, the tap what to show,
// and RecordOutcomes what becomes of the record. Answers to batches go to BatchAnswerHandler. Its worker's thread.

#include <string_view>

#include "delivery/batch_answer_handler.h"
#include "delivery/counters.h"
#include "delivery/in_flight_table.h"
#include "delivery/payload_pool.h"
#include "delivery/record_outcomes.h"
#include "delivery/route_lanes.h"
#include "delivery/tap_feed.h"
#include "delivery/worker_context.h"
#include "delivery/worker_permits.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/http/client.h"

namespace respand::delivery {

class AnswerHandler {
 public:
  // All borrowed for the object's life.
  AnswerHandler(const WorkerContext& context, RouteLanes& lanes, InFlightTable& in_flight, RecordOutcomes& outcomes,
                WorkerPermits& permits, PayloadPool& payloads, Counters& counters);

  // Requires: the answer is to an open request. Takes what it needs out of the answer.
  void handle(http::Answer& answer, MonoTime now);

 private:
  void handle_single(InFlightRequest request, http::Answer& answer, MonoTime now);
  void show(const InFlightRequest& request, Verdict verdict, const http::Answer& answer);
  void note_partial_success(const Record& record, const http::Answer& answer, bool protobuf);

  const StuckRecords& stuck_;
  const Clock& clock_;
  RouteLanes& lanes_;
  InFlightTable& in_flight_;
  RecordOutcomes& outcomes_;
  WorkerPermits& permits_;
  PayloadPool& payloads_;
  Counters& counters_;
  TapFeed tap_;
  BatchAnswerHandler batches_;
  log::LogThrottle rejected_throttle_{std::chrono::minutes{1}};
};

}  // namespace respand::delivery
