#include "delivery/route_dispatcher.h"

#include <algorithm>
#include <utility>

namespace respand::delivery {

RouteDispatcher::RouteDispatcher(const WorkerContext& context, const http::Client& client, RouteLanes& lanes,
                                 const InFlightTable& in_flight, WorkerPermits& permits, RequestSender& sender)
    : journal_(context.journal),
      client_(client),
      lanes_(lanes),
      in_flight_(in_flight),
      permits_(permits),
      sender_(sender) {}

DispatchResult RouteDispatcher::dispatch(MonoTime now) {
  lanes_.add_new();
  DispatchResult all;
  for (RouteLane& route : lanes_.all()) {
    if (route.share == nullptr) {
      continue;  // The route of records is RecordDispatcher's.
    }
    const DispatchResult result = dispatch(route, now);
    all.look_again = std::min(all.look_again, result.look_again);
    all.used_all = all.used_all || result.used_all;
  }
  return all;
}

DispatchResult RouteDispatcher::dispatch(RouteLane& route, MonoTime now) {
  route.awaits_more = false;
  if (!has_key(route)) {
    return {};  // It goes on with the next reload.
  }
  if (!has_work(route, now)) {
    return wait_for_work(route);
  }
  if (permits_.room() == 0) {
    return {};  // An answer makes room.
  }
  const Permits permits = permits_.admit(route.upstream, now);
  if (permits.slots == 0) {
    return {permits.look_again};
  }
  if (!client_.has_key(route.key())) {  // admit() has brought a new target into force, which lacks the key.
    permits_.give_back(route.upstream, permits, permits.slots);
    return {now};
  }
  return use(route, permits, now);
}

DispatchResult RouteDispatcher::use(RouteLane& route, const Permits& permits, MonoTime now) {
  std::uint32_t used = 0;
  StartResult last = StartResult::kStarted;
  while (used < permits.slots && (last = start_next(route, permits, now)) == StartResult::kStarted) {
    ++used;
  }
  permits_.give_back(route.upstream, permits, permits.slots - used);
  switch (last) {
    case StartResult::kNothing:
      return wait_for_work(route);
    case StartResult::kNoRoom:
      return {};  // Payloads in flight fill the memory: an answer makes room.
    case StartResult::kStarted:
      break;
  }
  return {permits.look_again, true};
}

// Whether the target has the route's key. Where it has not, this looks for one record, so that status can say that
// something waits for the key.
bool RouteDispatcher::has_key(RouteLane& route) {
  std::atomic<bool>& keyless = route.share->keyless;
  if (client_.has_key(route.key())) {
    if (keyless.load(std::memory_order_relaxed)) {
      keyless.store(false, std::memory_order_relaxed);
    }
    return true;
  }
  if (open_records(route) > 0 || take_new(route)) {
    keyless.store(true, std::memory_order_relaxed);
  } else {
    route.awaits_more = true;
  }
  return false;
}

// Nothing of this route can begin now. While bodies gather for a batch the journal's bell need not ring: the worker
// wakes up for the batch anyhow, and takes then what came in meanwhile.
DispatchResult RouteDispatcher::wait_for_work(RouteLane& route) const {
  route.awaits_more = route.batch_due() == kNever && open_records(route) < kMaxOpen;
  return {route.due()};
}

bool RouteDispatcher::has_work(RouteLane& route, MonoTime now) {
  return std::min(route.batch_due(), route.half_due()) <= now || has_record(route, now);
}

bool RouteDispatcher::has_record(RouteLane& route, MonoTime now) {
  Lane& lane = route.lane(LaneName::kBacklog);
  return !lane.large_waiting.empty() || lane.retry_queue.any_due(now) || take_new(route);
}

// Begins one request: half of a refused batch first, then a record or a batch that it fills, then a batch that has
// waited long enough.
RouteDispatcher::StartResult RouteDispatcher::start_next(RouteLane& route, const Permits& permits, MonoTime now) {
  if (sender_.send_half(route, permits, now)) {
    return StartResult::kStarted;
  }
  Lane& lane = route.lane(LaneName::kBacklog);
  while (has_record(route, now)) {
    Record record = take_record(lane, now);
    if (!sender_.fits(route, record.ref)) {
      lane.large_waiting.push_front(std::move(record));
      return StartResult::kNoRoom;
    }
    if (sender_.send_or_gather(route, std::move(record), permits, now)) {
      return StartResult::kStarted;
    }
  }
  return sender_.send_due_batch(route, permits, now) ? StartResult::kStarted : StartResult::kNothing;
}

// Takes a record that waits for room first, then a retry, then a new one. Requires: has_record().
Record RouteDispatcher::take_record(Lane& lane, MonoTime now) {
  if (!lane.large_waiting.empty()) {
    Record record = std::move(lane.large_waiting.front());
    lane.large_waiting.pop_front();
    return record;
  }
  if (lane.retry_queue.any_due(now)) {
    return lane.retry_queue.take_first();
  }
  Record record{std::move(*lane.spare), 0};
  lane.spare.reset();
  return record;
}

bool RouteDispatcher::take_new(RouteLane& route) {
  std::optional<journal::Ref>& spare = route.lane(LaneName::kBacklog).spare;
  if (spare) {
    return true;
  }
  journal::Ref ref;
  if (open_records(route) >= kMaxOpen || !journal_.take_routed(route.id, ref)) {
    return false;
  }
  spare = std::move(ref);
  return true;
}

bool RouteDispatcher::may_wait() {
  const auto has_more = [this](RouteLane& route) {
    return route.share != nullptr && route.awaits_more && take_new(route);
  };
  return !lanes_.has_new() && std::none_of(lanes_.all().begin(), lanes_.all().end(), has_more);
}

}  // namespace respand::delivery
