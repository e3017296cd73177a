#include "journal/fresh_lane.h"

#include <algorithm>

namespace respand::journal {
namespace {

// The demand where nothing is taken: more comes in than anybody could take.
constexpr double kAll = 1e6;

}  // namespace

void FreshLane::begin_group(std::uint64_t records, std::uint64_t taken_elsewhere, MonoTime now) {
  came_ += records;
  measure(now, taken() + taken_elsewhere);
  open_or_close(now);
}

void FreshLane::measure(MonoTime now, std::uint64_t taken_in_all) {
  if (now - measured_at_ < kMeasured) {
    return;
  }
  const std::uint64_t taken = taken_in_all - taken_before_;
  const double queued = static_cast<double>(taken) * (kMostQueued / std::chrono::duration<double>(now - measured_at_));
  most_ = std::clamp(static_cast<std::size_t>(queued), std::min(kFewest, ring_.capacity()), ring_.capacity());
  const double demand = taken == 0 ? kAll : static_cast<double>(came_) / static_cast<double>(taken);
  // A moving mean over the last few seconds, because one second says little about a rate.
  const double before = demand_.load(std::memory_order_relaxed);
  const bool known = before > 0 && before < kAll && demand < kAll;
  demand_.store(known ? (3 * before + demand) / 4 : demand, std::memory_order_relaxed);
  came_ = 0;
  taken_before_ = taken_in_all;
  measured_at_ = now;
}

// The lane opens at a shorter wait and a shorter queue than it closes at, so that it does not flutter: each time it
// closes and opens, a new range begins.
void FreshLane::open_or_close(MonoTime now) {
  const std::uint64_t gone = taken();
  while (!pushes_.empty() && pushes_.front().last <= gone) {
    pushes_.pop_front();
  }
  const Duration waited = pushes_.empty() ? Duration{0} : now - pushes_.front().at;
  if (waited > kMostWait) {
    open_ = false;
  } else if (waited <= kWaitToOpen && ring_.size() <= most_ / 2) {
    open_ = true;
  }
}

bool FreshLane::has_room_for(Sequence sequence) const {
  return ranges_.size() < kMaxRanges || ranges_.back().end == sequence;
}

bool FreshLane::note(Sequence sequence) {
  if (!has_room_for(sequence)) {
    return false;
  }
  if (!ranges_.empty() && ranges_.back().end == sequence) {
    ranges_.back().end = sequence.next();
  } else {
    ranges_.push_back({sequence, sequence.next()});
  }
  return true;
}

bool FreshLane::push(Ref& ref, MonoTime now) {
  const Sequence sequence = ref.sequence;
  return has_room_for(sequence) && push_next(ref, now) && note(sequence);
}

bool FreshLane::push_next(Ref& ref, MonoTime now) {
  open_ = open_ && ring_.size() < most_ && ring_.try_push(ref);
  if (!open_) {
    return false;
  }
  ++pushed_;
  if (!pushes_.empty() && pushes_.back().at == now) {
    pushes_.back().last = pushed_;
  } else {
    pushes_.push_back({pushed_, now});
  }
  return true;
}

Sequence FreshLane::pass(Sequence place) {
  while (!ranges_.empty() && ranges_.front().first <= place) {
    place = std::max(place, ranges_.front().end);
    ranges_.pop_front();
  }
  return place;
}

}  // namespace respand::journal
