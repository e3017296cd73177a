#pragma once
// TargetInbox: where a reload leaves the new target and retry settings for a worker. The worker applies them between
// asking the upstream gate for permits and using these, because permits that were given for a new target must not be
// used for the old one.

#include <optional>
#include <utility>

#include "delivery/backoff.h"
#include "delivery/in_flight_table.h"
#include "delivery/record_outcomes.h"
#include "delivery/route_lanes.h"
#include "respand/base/mutex.h"
#include "respand/http/client.h"

namespace respand::delivery {

class TargetInbox {
 public:
  // All borrowed for the object's life. `batching` is null where each record is posted alone.
  TargetInbox(http::Client& client, const Batching* batching, RouteLanes& lanes, InFlightTable& in_flight,
              RecordOutcomes& outcomes);

  // Any thread. Wakes the worker.
  void put(const http::Target& target, const Retry& retry) EXCLUDES(mutex_);
  // The worker's thread: applies what was put since, and makes all records due that wait for another try.
  void apply(MonoTime now) EXCLUDES(mutex_);
  // The worker's thread: whether anything was applied since the last call. A dispatcher that looked for work before
  // that must look again: a route may have waited for a key that the new target has.
  [[nodiscard]] bool take_renewed() { return std::exchange(renewed_, false); }

 private:
  struct Update {
    http::Target target;
    Retry retry;
  };

  http::Client& client_;
  const Batching* const batching_;
  RouteLanes& lanes_;
  InFlightTable& in_flight_;
  RecordOutcomes& outcomes_;
  Mutex mutex_;
  std::optional<Update> update_ GUARDED_BY(mutex_);
  bool renewed_ = false;  // the worker's thread
};

}  // namespace respand::delivery
