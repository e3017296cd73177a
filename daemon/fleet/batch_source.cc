#include "fleet/batch_source.h"

#include <algorithm>
#include <utility>

#include "fleet/batch_message.h"

namespace respand::fleet {

BatchSource::BatchSource(const Settings& settings, journal::JournalReader& journal,
                         const std::vector<SequenceSet>& planned, const std::function<bool(Sequence)>& is_open,
                         MonoTime now)
    : settings_(settings), journal_(journal), plans_until_(now + kPatience) {
  for (const SequenceSet& batch : planned) {
    Planned plan;
    for (const SequenceSet::Range& range : batch.ranges()) {
      // A batch has no more records than this; a larger one is no batch of ours.
      for (std::uint64_t sequence = range.first; sequence <= range.last && plan.missing <= kMostBatchRecords;
           ++sequence) {
        if (is_open(Sequence{sequence}) && plan.sequences.add(Sequence{sequence})) {
          ++plan.missing;
        }
      }
    }
    if (plan.missing > 0 && plan.missing <= kMostBatchRecords) {
      planned_.push_back(std::move(plan));
    }
  }
}

BatchSource::Group BatchSource::next(MonoTime now, Wanted wanted) {
  if (!planned_.empty() && now >= plans_until_) {
    give_up_plans();
  }
  journal::Ref ref;
  while (complete_.empty() && take(ref, now)) {
    if (take_planned(ref)) {
      continue;
    }
    const std::size_t size = BatchRecord::kHead + ref.length;
    if (!gathered_.empty() && gathered_bytes_ + size > settings_.max_bytes) {
      spare_ = std::move(ref);
      return give(gathered_);
    }
    if (gathered_.empty()) {
      gathered_since_ = now;
    }
    gathered_bytes_ += size;
    gathered_.push_back(std::move(ref));
    if (gathered_.size() >= settings_.max_records || gathered_bytes_ >= settings_.max_bytes) {
      return give(gathered_);
    }
  }
  if (!complete_.empty()) {
    Group group = std::move(complete_.front());
    complete_.pop_front();
    return give(group);
  }
  const bool lingered = wanted == Wanted::kDue && now >= gathered_since_ + settings_.linger;
  return !gathered_.empty() && (lingered || wanted == Wanted::kAll) ? give(gathered_) : Group{};
}

void BatchSource::put_back(journal::Ref ref, MonoTime due) { put_back_.push_back({std::move(ref), due}); }

MonoTime BatchSource::due(Wanted wanted) const {
  MonoTime due = planned_.empty() ? MonoTime::max() : plans_until_;
  if (!gathered_.empty() && wanted != Wanted::kFull) {
    due = std::min(due, gathered_since_ + settings_.linger);
  }
  for (const PutBack& one : put_back_) {
    due = std::min(due, one.due);
  }
  return spare_ || !left_.empty() || !complete_.empty() ? MonoTime::min() : due;
}

bool BatchSource::look() {
  if (spare_) {
    return true;
  }
  journal::Ref ref;
  if (!take_from_journal(ref)) {
    return false;
  }
  spare_ = std::move(ref);
  return true;
}

std::size_t BatchSource::held() const {
  std::size_t held = gathered_.size() + put_back_.size() + left_.size() + (spare_ ? 1 : 0);
  for (const Planned& plan : planned_) {
    held += plan.records.size();
  }
  for (const Group& group : complete_) {
    held += group.size();
  }
  return held;
}

bool BatchSource::take(journal::Ref& out, MonoTime now) {
  if (spare_) {
    out = std::move(*spare_);
    spare_.reset();
    return true;
  }
  if (!left_.empty()) {
    out = std::move(left_.front());
    left_.pop_front();
    return true;
  }
  const auto again =
      std::find_if(put_back_.begin(), put_back_.end(), [now](const PutBack& one) { return one.due <= now; });
  if (again != put_back_.end()) {
    out = std::move(again->ref);
    put_back_.erase(again);
    return true;
  }
  return take_from_journal(out);
}

// Asks each way once, beginning with the one that gave the last record, so that a batch has few gaps; after some
// records in a row it is the next one's turn.
bool BatchSource::take_from_journal(journal::Ref& out) {
  constexpr std::size_t kRun = 64;
  const std::size_t ways = journal_.ways();
  if (run_ >= kRun) {
    ++way_;
    run_ = 0;
  }
  for (std::size_t asked = 0; asked < ways; ++asked, ++way_, run_ = 0) {
    way_ %= ways;
    if (way_ == 0 ? journal_.take(out) : journal_.take_routed(static_cast<journal::WayId>(way_), out)) {
      ++run_;
      return true;
    }
  }
  return false;
}

bool BatchSource::take_planned(journal::Ref& ref) {
  for (auto plan = planned_.begin(); plan != planned_.end(); ++plan) {
    if (!plan->sequences.contains(ref.sequence)) {
      continue;
    }
    plan->records.push_back(std::move(ref));
    if (--plan->missing == 0) {
      complete_.push_back(std::move(plan->records));
      planned_.erase(plan);
    }
    return true;
  }
  return false;
}

// The records go into other batches. Relays tell them from those that the stream may have already.
void BatchSource::give_up_plans() {
  for (Planned& plan : planned_) {
    std::move(plan.records.begin(), plan.records.end(), std::back_inserter(left_));
  }
  planned_.clear();
}

BatchSource::Group BatchSource::give(Group& group) {
  if (&group == &gathered_) {
    gathered_bytes_ = 0;
  }
  std::sort(group.begin(), group.end(),
            [](const journal::Ref& a, const journal::Ref& b) { return a.sequence < b.sequence; });
  return std::exchange(group, {});
}

}  // namespace respand::fleet
