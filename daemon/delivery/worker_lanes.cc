// Worker, the part that chooses the next record: from which lane, and of that its retries first (lanes.h).

#include <array>
#include <utility>

#include "delivery/worker.h"

namespace respand::delivery {

// Of a lane, large ones that have found room first, then retries, because they are older. A probe rather with a record
// that has not failed yet: one that fails for a reason of its own would keep all others from being tried.
Worker::Next Worker::start_one(const Permits& permits, MonoTime now) {
  static constexpr std::array kUsual{From::kLarge, From::kRetry, From::kNew};
  static constexpr std::array kProbing{From::kNew, From::kRetry, From::kLarge};
  const double part = fresh_part(fresh_share_.load(std::memory_order_relaxed), journal_.fresh_demand());
  const LaneName first = turns_of_lanes_.next(part);
  const LaneName second = first == LaneName::kFresh ? LaneName::kBacklog : LaneName::kFresh;
  const auto& order = permits.probing ? kProbing : kUsual;
  for (std::size_t i = 0; i < 2 * order.size(); ++i) {
    // A probe asks both lanes for a new one before it takes another.
    const LaneName name = (permits.probing ? i % 2 == 0 : i < order.size()) ? first : second;
    const Next next = start_from(name, order[permits.probing ? i / 2 : i % order.size()], permits, now);
    if (next == Next::kStarted || next == Next::kTaken) {
      turns_of_lanes_.took(name, part);
    }
    if (next != Next::kNothing) {
      return next;
    }
  }
  return Next::kNothing;
}

Worker::Next Worker::start_from(LaneName name, From from, const Permits& permits, MonoTime now) {
  switch (from) {
    case From::kLarge:
      return start_large(name, permits, now);
    case From::kRetry:
      return start_retry(name, permits, now);
    case From::kNew:
      return start_new(name, permits, now);
  }
  return Next::kNothing;
}

Worker::Next Worker::start_large(LaneName name, const Permits& permits, MonoTime now) {
  std::deque<Record>& waiting = lane(name).large_waiting;
  if (waiting.empty() || !fits(waiting.front().ref, builder_)) {
    return Next::kNothing;
  }
  Record record = std::move(waiting.front());
  waiting.pop_front();
  return launch(std::move(record), permits, now) ? Next::kStarted : Next::kTaken;
}

Worker::Next Worker::start_retry(LaneName name, const Permits& permits, MonoTime now) {
  Lane& from = lane(name);
  while (from.retry_queue.any_due(now)) {
    if (fits(from.retry_queue.first().ref, builder_)) {
      return begin(from.retry_queue.take_first(), permits, now);
    }
    if (from.retry_queue.first().ref.length < kLarge) {
      return Next::kNoRoom;
    }
    from.large_waiting.push_back(from.retry_queue.take_first());
  }
  return Next::kNothing;
}

Worker::Next Worker::start_new(LaneName name, const Permits& permits, MonoTime now) {
  Lane& from = lane(name);
  while (from.spare || take_new(name)) {
    const bool room = fits(*from.spare, builder_);
    if (!room && from.spare->length < kLarge) {
      return Next::kNoRoom;
    }
    Record record{std::move(*from.spare), 0};
    record.fresh = name == LaneName::kFresh;
    from.spare.reset();
    if (room) {
      return begin(std::move(record), permits, now);
    }
    from.large_waiting.push_back(std::move(record));
  }
  return Next::kNothing;
}

// Takes the lane's next one from the journal. Requires: it has no spare one.
bool Worker::take_new(LaneName name) {
  Lane& to = lane(name);
  if (!may_take(name)) {
    return false;
  }
  journal::Ref& ref = to.spare.emplace();
  if (name == LaneName::kFresh ? journal_.take_fresh(ref) : journal_.take(ref)) {
    return true;
  }
  to.spare.reset();
  return false;
}

bool Worker::may_take(LaneName name) const {
  const bool shared = name == LaneName::kBacklog && fresh_share_.load(std::memory_order_relaxed) > 0;
  return open_records() < settings_.max_open - (shared ? settings_.max_open * (8 - kOpenParts) / 8 : 0);
}

}  // namespace respand::delivery
