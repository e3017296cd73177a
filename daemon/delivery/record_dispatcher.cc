#include "delivery/record_dispatcher.h"

#include <array>
#include <utility>

namespace respand::delivery {

RecordDispatcher::RecordDispatcher(const WorkerContext& context, std::size_t max_open, double fresh_share,
                                   RouteLane& route, const InFlightTable& in_flight, WorkerPermits& permits,
                                   RequestSender& sender)
    : journal_(context.journal),
      max_open_(max_open),
      route_(route),
      in_flight_(in_flight),
      permits_(permits),
      sender_(sender),
      fresh_share_(fresh_share) {}

DispatchResult RecordDispatcher::dispatch(MonoTime now) {
  route_.awaits_more = false;
  if (permits_.room() == 0) {
    return {};  // An answer makes room.
  }
  const Permits permits = permits_.admit(route_.upstream, now);
  if (permits.slots == 0) {
    return {permits.look_again};
  }
  std::uint32_t used = 0;
  StartResult last = StartResult::kStarted;
  while (used < permits.slots && (last = start_next(permits, now)) == StartResult::kStarted) {
    ++used;
  }
  permits_.give_back(route_.upstream, permits, permits.slots - used);
  switch (last) {
    case StartResult::kNothing:
      // While records gather for a batch the worker wakes up for it anyhow, and takes then what came in meanwhile. So
      // the journal's bell need not ring.
      route_.awaits_more = open_records() < max_open_ && route_.batch_due() == kNever;
      return {route_.due()};
    case StartResult::kNoRoom:
      return {};  // Payloads in flight fill the memory: an answer makes room.
    case StartResult::kStarted:
    case StartResult::kTaken:
      break;
  }
  return {permits.look_again, true};
}

// Begins one request: half of a refused batch first, then records, then a batch whose time has come. A probe tries a
// half last, because the half holds a record that is wrong.
RecordDispatcher::StartResult RecordDispatcher::start_next(const Permits& permits, MonoTime now) {
  if (!permits.probing && sender_.send_half(route_, permits, now)) {
    return StartResult::kStarted;
  }
  StartResult result = StartResult::kTaken;
  while (result == StartResult::kTaken) {
    result = start_one(permits, now);
  }
  if (result == StartResult::kNothing && permits.probing && sender_.send_half(route_, permits, now)) {
    return StartResult::kStarted;
  }
  if (result != StartResult::kStarted && sender_.send_due_batch(route_, permits, now)) {
    return StartResult::kStarted;
  }
  return result;
}

// Within a lane large records that have found room go first, then retries, because they are older than new records. A
// probe takes a record that has not failed yet, where there is one: a record that fails for a reason of its own would
// keep the circuit open.
RecordDispatcher::StartResult RecordDispatcher::start_one(const Permits& permits, MonoTime now) {
  static constexpr std::array kUsual{Source::kLarge, Source::kRetry, Source::kNew};
  static constexpr std::array kProbing{Source::kNew, Source::kRetry, Source::kLarge};
  const double part = fresh_part(fresh_share_.load(std::memory_order_relaxed), journal_.fresh_demand());
  const LaneName first = turns_.next(part);
  const LaneName second = first == LaneName::kFresh ? LaneName::kBacklog : LaneName::kFresh;
  const auto& order = permits.probing ? kProbing : kUsual;
  for (std::size_t i = 0; i < 2 * order.size(); ++i) {
    // A probe asks both lanes for a new record before it takes another.
    const LaneName name = (permits.probing ? i % 2 == 0 : i < order.size()) ? first : second;
    const Source source = order[permits.probing ? i / 2 : i % order.size()];
    const StartResult result = start_from(name, source, permits, now);
    if (result == StartResult::kStarted || result == StartResult::kTaken) {
      turns_.took(name, part);
    }
    if (result != StartResult::kNothing) {
      return result;
    }
  }
  return StartResult::kNothing;
}

RecordDispatcher::StartResult RecordDispatcher::start_from(LaneName name, Source source, const Permits& permits,
                                                           MonoTime now) {
  switch (source) {
    case Source::kLarge:
      return start_large(route_.lane(name), permits, now);
    case Source::kRetry:
      return start_retry(route_.lane(name), permits, now);
    case Source::kNew:
      return start_new(name, permits, now);
  }
  return StartResult::kNothing;
}

RecordDispatcher::StartResult RecordDispatcher::start_large(Lane& lane, const Permits& permits, MonoTime now) {
  if (lane.large_waiting.empty() || !sender_.fits(route_, lane.large_waiting.front().ref)) {
    return StartResult::kNothing;
  }
  Record record = std::move(lane.large_waiting.front());
  lane.large_waiting.pop_front();
  return sender_.send(std::move(record), permits, now) ? StartResult::kStarted : StartResult::kTaken;
}

// A large retry without room makes place for the others; a small one without room means that memory is full.
RecordDispatcher::StartResult RecordDispatcher::start_retry(Lane& lane, const Permits& permits, MonoTime now) {
  while (lane.retry_queue.any_due(now)) {
    const journal::Ref& ref = lane.retry_queue.first().ref;
    if (sender_.fits(route_, ref)) {
      return start(lane.retry_queue.take_first(), permits, now);
    }
    if (!InFlightTable::is_large(ref.length)) {
      return StartResult::kNoRoom;
    }
    lane.large_waiting.push_back(lane.retry_queue.take_first());
  }
  return StartResult::kNothing;
}

RecordDispatcher::StartResult RecordDispatcher::start_new(LaneName name, const Permits& permits, MonoTime now) {
  Lane& lane = route_.lane(name);
  while (lane.spare || take_new(name)) {
    const bool room = sender_.fits(route_, *lane.spare);
    if (!room && !InFlightTable::is_large(lane.spare->length)) {
      return StartResult::kNoRoom;
    }
    Record record{std::move(*lane.spare), 0};
    record.fresh = name == LaneName::kFresh;
    lane.spare.reset();
    if (room) {
      return start(std::move(record), permits, now);
    }
    lane.large_waiting.push_back(std::move(record));
  }
  return StartResult::kNothing;
}

RecordDispatcher::StartResult RecordDispatcher::start(Record record, const Permits& permits, MonoTime now) {
  return sender_.send_or_gather(route_, std::move(record), permits, now) ? StartResult::kStarted : StartResult::kTaken;
}

// Takes the lane's next record from the journal. Requires: the lane has no spare one.
bool RecordDispatcher::take_new(LaneName name) {
  if (!may_take(name)) {
    return false;
  }
  Lane& lane = route_.lane(name);
  journal::Ref& ref = lane.spare.emplace();
  if (name == LaneName::kFresh ? journal_.take_fresh(ref) : journal_.take(ref)) {
    return true;
  }
  lane.spare.reset();
  return false;
}

bool RecordDispatcher::may_take(LaneName name) const {
  const bool shared = name == LaneName::kBacklog && fresh_share_.load(std::memory_order_relaxed) > 0;
  return open_records() < max_open_ - (shared ? max_open_ * (8 - kOpenParts) / 8 : 0);
}

bool RecordDispatcher::may_wait() {
  return !route_.awaits_more || (!take_new(LaneName::kFresh) && !take_new(LaneName::kBacklog));
}

}  // namespace respand::delivery
