// Worker, the part that posts what goes another way than records with the configuration's key: spans in arrays, export
// requests as they came, and all that goes out under a key of api.keys. Each way has a lane of its own and is granted
// its own places. What may go out together is gathered as records are (worker_batches.cc).

#include <algorithm>
#include <utility>

#include "delivery/partial_success.h"
#include "delivery/worker.h"
#include "respand/base/text.h"

namespace respand::delivery {
namespace {

// A way that is paused keeps so many references in memory; the journal has the rest.
constexpr std::size_t kMostOpen = 1024;

}  // namespace

// Ways come into being with their first body.
void Worker::meet_new_ways() {
  for (std::size_t id = route_lanes_.size() + 1; id < journal_.ways(); ++id) {
    const auto way = static_cast<journal::WayId>(id);
    RouteLane& lane = route_lanes_.emplace_back();
    lane.id = way;
    lane.share = &routes_->of(way, journal_.way(way));
    if (is_spans(lane.share->way.route)) {
      lane.builder.emplace(lane.share->arrays);
    } else if (batching_ != nullptr && lane.share->way.route == ApiRoute::kRecords) {
      lane.builder.emplace(*batching_);
    }
  }
}

// Where a way has something to send, begins what may begin; returns when to look again.
MonoTime Worker::fill_routes(MonoTime now) {
  MonoTime again = kNever;
  if (routes_ == nullptr) {
    return again;
  }
  meet_new_ways();
  for (RouteLane& route : route_lanes_) {
    again = std::min(again, fill_route(route, now));
  }
  return again;
}

MonoTime Worker::fill_route(RouteLane& route, MonoTime now) {
  const std::size_t capacity = client_->capacity();
  const std::size_t room = capacity - std::min(capacity, client_->in_flight());
  route.hungry = false;
  if (!client_->has_key(route.share->way.key)) {
    // One is looked for, so that it is known that something waits. It goes on with the next reload.
    const bool waits = route.open() > 0 || take_new(route);
    if (waits) {
      route.share->keyless.store(true, std::memory_order_relaxed);
    }
    route.hungry = !waits;
    return kNever;
  }
  if (route.share->keyless.load(std::memory_order_relaxed)) {
    route.share->keyless.store(false, std::memory_order_relaxed);
  }
  if (!has_work(route, now)) {
    return when_to_look_again(route);
  }
  if (room == 0) {
    return kNever;  // An answer makes room.
  }
  UpstreamGate& upstream = route.share->upstream;
  const Permits permits = upstream.admit(settings_.index, now, static_cast<std::uint32_t>(room));
  read_inbox(now);  // As for records: after the permits.
  if (permits.slots == 0) {
    return permits.look_again;
  }
  if (!client_->has_key(route.share->way.key)) {
    upstream.give_back(settings_.index, permits, permits.slots);
    return now;
  }
  std::uint32_t used = 0;
  Next next = Next::kStarted;
  while (used < permits.slots && (next = start_routed(route, permits, now)) == Next::kStarted) {
    ++used;
  }
  if (used < permits.slots) {
    upstream.give_back(settings_.index, permits, permits.slots - used);
    return next == Next::kNoRoom ? kNever : when_to_look_again(route);
  }
  if (next_ != nullptr) {
    next_->ring();
  }
  return permits.look_again;
}

// Nothing of it can begin now. While bodies gather the journal's bell need not ring: what comes meanwhile is met when
// the first of them goes.
MonoTime Worker::when_to_look_again(RouteLane& route) {
  const bool gathers = route.builder && route.builder->due() != kNever;
  route.hungry = !gathers && route.open() < kMostOpen;
  return route.due();
}

bool Worker::has_work(RouteLane& route, MonoTime now) {
  const bool gathered = route.builder && std::min(route.builder->due(), route.builder->first_half_due()) <= now;
  return gathered || has_next(route, now);
}

// What waits for room first, then retries, then what is new.
bool Worker::has_next(RouteLane& route, MonoTime now) {
  return !route.lane.large_waiting.empty() || route.lane.retry_queue.any_due(now) || take_new(route);
}

// Begins one request: what was refused together first, then what is full, then what has waited for others long enough.
Worker::Next Worker::start_routed(RouteLane& route, const Permits& permits, MonoTime now) {
  if (route.builder && start_half(*route.builder, route.share->way.route, permits, now)) {
    return Next::kStarted;
  }
  while (has_next(route, now)) {
    Record record = take_next(route, now);
    if (!fits(record.ref, route.builder)) {
      route.lane.large_waiting.push_front(std::move(record));
      return Next::kNoRoom;
    }
    if (!joins_a_batch(record)) {
      if (launch_routed(std::move(record), permits, now)) {
        return Next::kStarted;
      }
    } else if (RecordBatch going = route.builder->gather(std::move(record), now);
               !going.empty() && launch_batch(std::move(going), false, permits, now)) {
      return Next::kStarted;
    }
  }
  if (route.builder && route.builder->due() <= now && launch_batch(route.builder->take(), false, permits, now)) {
    return Next::kStarted;
  }
  return Next::kNothing;
}

bool Worker::take_new(RouteLane& route) {
  if (route.lane.spare) {
    return true;
  }
  journal::Ref ref;
  if (route.open() >= kMostOpen || !journal_.take_routed(route.id, ref)) {
    return false;
  }
  route.lane.spare = std::move(ref);
  return true;
}

// Requires: has_next().
Record Worker::take_next(RouteLane& route, MonoTime now) {
  Lane& lane = route.lane;
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

http::Routed Worker::routed_to(const Record& record, Envelope envelope) const {
  return {.path = cat(path_of(record.ref.route), envelope.query.empty() ? "" : "?", envelope.query),
          .protobuf = envelope.protobuf,
          .key = key_of(record),
          .headers = std::move(envelope.headers)};
}

// False where it can't be read; it has then been dealt with.
bool Worker::launch_routed(Record record, const Permits& permits, MonoTime now) {
  const bool spans = is_spans(record.ref.route);
  std::string payload = spare_payload();
  payload += spans ? "[" : "";
  Envelope envelope;
  if (const Status read = append(record, payload, envelope); !read) {
    unreadable(std::move(record), read.error(), now);
    return false;
  }
  record.unread = 0;
  ++record.attempts;
  const std::uint64_t bytes = record.ref.length;
  payload += spans ? "]" : "";
  http::Routed to = routed_to(record, envelope);
  InFlightRequest flight{
      .record = std::move(record), .bytes = bytes, .epoch = permits.epoch, .envelope = std::move(envelope)};
  client_->start_routed(open_request(std::move(flight)), std::move(payload), std::move(to));
  return true;
}

// What the journal holds of it, out of what was posted.
void Worker::unwrap(const Record& record, std::string& payload) {
  if (is_spans(record.ref.route) && payload.size() >= 2) {
    payload.pop_back();
    payload.erase(payload.begin());
  }
}

// Spans that the API has rejected are not sent again: it has taken the request.
void Worker::note_partial_success(const Record& record, const http::Answer& answer, bool protobuf) {
  const std::uint64_t rejected = rejected_spans(answer.body, protobuf);
  if (rejected == 0) {
    return;
  }
  RouteShare& share = *lane_of(record.ref.way).share;
  share.rejected_spans.fetch_add(rejected, std::memory_order_relaxed);
  share.rejected_at.store(clock_.wall().time_since_epoch().count(), std::memory_order_relaxed);
  if (rejected_gate_.open(clock_.mono())) {
    log::warning("the API has rejected spans of a request that it took: they are lost",
                 {{"route", share.name},
                  {"spans", rejected},
                  {"answer", printable(answer.body, 200)},
                  {"held_back", rejected_gate_.held_back()}});
  }
}

bool Worker::routes_may_wait() {
  if (routes_ != nullptr && journal_.ways() > route_lanes_.size() + 1) {
    return false;
  }
  return std::none_of(route_lanes_.begin(), route_lanes_.end(),
                      [this](RouteLane& route) { return route.hungry && take_new(route); });
}

bool Worker::routes_are_hungry() const {
  return std::any_of(route_lanes_.begin(), route_lanes_.end(), [](const RouteLane& route) { return route.hungry; });
}

std::size_t Worker::routes_retrying() const {
  std::size_t retrying = 0;
  for (const RouteLane& route : route_lanes_) {
    retrying += route.lane.retry_queue.size();
  }
  return retrying;
}

}  // namespace respand::delivery
