#pragma once
// RequestSender: begins requests. It reads records from the journal into bodies, of one record or a batch, and hands
// them to the client. Records stay separate: they share one attempt only, and each has its own outcome. Its worker's
// thread.

#include <cstdint>
#include <string>

#include "delivery/in_flight_table.h"
#include "delivery/payload_pool.h"
#include "delivery/record_outcomes.h"
#include "delivery/request_body.h"
#include "delivery/route_lanes.h"
#include "delivery/upstream_gate.h"
#include "delivery/worker_context.h"
#include "respand/http/client.h"

namespace respand::delivery {

class RequestSender {
 public:
  // All borrowed for the object's life.
  RequestSender(const WorkerContext& context, http::Client& client, RouteLanes& lanes, InFlightTable& in_flight,
                PayloadPool& payloads, RecordOutcomes& outcomes);

  // Whether there is room in memory for the record now.
  [[nodiscard]] bool fits(const RouteLane& route, const journal::Ref& ref) const {
    return in_flight_.fits(ref.length, route.gathered());
  }
  // Sends the record alone, or adds it to the batch that gathers and sends that if it is full. False: no request began,
  // because the batch waits for more or the record can't be read.
  [[nodiscard]] bool send_or_gather(RouteLane& route, Record record, const Permits& permits, MonoTime now);
  // Sends the record alone. False: it can't be read, and has been dealt with.
  [[nodiscard]] bool send(Record record, const Permits& permits, MonoTime now);
  // Sends half of a batch that was refused, where one is due. Callers send halves before all else: they are few, and
  // their records have waited.
  [[nodiscard]] bool send_half(RouteLane& route, const Permits& permits, MonoTime now);
  // Sends a batch that is not full, where its first record has waited for its linger time.
  [[nodiscard]] bool send_due_batch(RouteLane& route, const Permits& permits, MonoTime now);

 private:
  [[nodiscard]] bool send_batch(RouteLane& route, RecordBatch records, bool bisected, const Permits& permits,
                                MonoTime now);
  void read_batch(RouteLane& route, RecordBatch& records, std::string& body, Envelope& envelope, MonoTime now);
  void disband(RouteLane& route, MonoTime now);

  http::Client& client_;
  RouteLanes& lanes_;
  InFlightTable& in_flight_;
  PayloadPool& payloads_;
  RecordOutcomes& outcomes_;
  BodyReader bodies_;
};

}  // namespace respand::delivery
