#include "spool/queue.h"

#include <algorithm>

namespace respand::spool {

// A name has one entry: what is known of it last decides when it is due.
void SpoolQueue::put(const std::string& name, const Entry& entry) {
  const auto [place, added] = names_.try_emplace(name, entry);
  if (!added) {
    order_.erase({place->second.due, name});
    place->second = entry;
  }
  order_.emplace(entry.due, name);
}

void SpoolQueue::finished(const std::string& name, MonoTime now) { put(name, {now, true, {}}); }

void SpoolQueue::later(const std::string& name, Duration delay, MonoTime now) { put(name, {now + delay, true, {}}); }

void SpoolQueue::seen(const std::string& name, const SpoolStamp& stamp, Duration age, MonoTime now) {
  const Duration wanted = stamp.size == 0 ? std::max(quiet_period_, kEmptyWait) : quiet_period_;
  // A time of writing that lies ahead, by this clock, tells nothing about the age: the whole wait is due.
  const Duration rest = age < Duration{0} ? wanted : std::max(Duration{0}, wanted - age);
  put(name, {now + rest, false, stamp});
}

bool SpoolQueue::untouched(const Due& due, const SpoolStamp& stamp, Duration age) const {
  return stamp == due.seen || age >= (stamp.size == 0 ? std::max(quiet_period_, kEmptyWait) : quiet_period_);
}

bool SpoolQueue::pop(MonoTime now, Due& due) {
  if (order_.empty() || order_.begin()->first > now) {
    return false;
  }
  const auto place = names_.find(order_.begin()->second);
  due = {place->first, place->second.finished, place->second.seen};
  names_.erase(place);
  order_.erase(order_.begin());
  return true;
}

}  // namespace respand::spool
