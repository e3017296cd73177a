// Worker, the part that gives up a record by hand: one that waits for another try goes to the dead letters at once, one
// in flight when its attempt fails.

#include <algorithm>
#include <utility>

#include "delivery/worker.h"
#include "respand/journal/attributes.h"

namespace respand::delivery {

void Worker::give_up(const GiveUpRequests::Request& request, MonoTime now) {
  if (auto record = take_waiting(request.sequence)) {
    put_aside(std::move(*record), now);
  } else if (!mark_in_flight(request.sequence)) {
    give_ups_.not_here(request);
  }
}

std::optional<Record> Worker::take_waiting(Sequence sequence) {
  std::vector<Lane*> all{&lanes_[0], &lanes_[1]};
  for (RouteLane& route : route_lanes_) {
    all.push_back(&route.lane);
  }
  std::vector<std::optional<BatchBuilder>*> gatherings{&builder_};
  for (RouteLane& route : route_lanes_) {
    gatherings.push_back(&route.builder);
  }
  for (std::optional<BatchBuilder>* const one : gatherings) {
    if (auto record = *one ? (*one)->take(sequence) : std::nullopt) {
      return record;
    }
  }
  for (Lane* const one : all) {
    Lane& lane = *one;
    if (auto retrying = lane.retry_queue.take(sequence)) {
      return retrying;
    }
    const auto found = std::find_if(lane.large_waiting.begin(), lane.large_waiting.end(),
                                    [&](const Record& record) { return record.ref.sequence == sequence; });
    if (found != lane.large_waiting.end()) {
      std::optional<Record> record(std::move(*found));
      lane.large_waiting.erase(found);
      return record;
    }
  }
  return std::nullopt;
}

bool Worker::mark_in_flight(Sequence sequence) {
  const auto mark = [&](Record& record) {
    const bool is_it = record.ref.sequence == sequence;
    record.by_hand = record.by_hand || is_it;
    return is_it;
  };
  return std::any_of(flights_.begin(), flights_.end(), [&](InFlightRequest& flight) {
    return flight.open &&
           (flight.batch.empty() ? mark(flight.record) : std::any_of(flight.batch.begin(), flight.batch.end(), mark));
  });
}

void Worker::put_aside(Record record, MonoTime now) {
  http::Answer answer;
  answer.failure = http::Failure::kBroken;
  answer.detail = "given up by hand";
  if (const Status read = journal_.append_request(record.ref, attributes_, answer.payload); !read) {
    give_ups_.ended(record.ref.sequence, GiveUpRequests::End::kUnreadable);
    unreadable(std::move(record), read.error(), now);
    return;
  }
  record.by_hand = true;
  refuse(std::move(record), "by_hand", answer, envelope_read());
  dead_letter_refused(now);
}

}  // namespace respand::delivery
