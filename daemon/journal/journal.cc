#include "journal/journal.h"

#include <algorithm>
#include <utility>

#include "respand/base/check.h"
#include "respand/base/thread.h"

namespace respand::journal {

Journal::~Journal() { stop(); }

void Journal::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Journal::run(const std::stop_token& stop) {
  name_this_thread("journal");
  while (!stop.stop_requested()) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    const MonoTime next = step();
    if (next <= clock_.mono()) {
      continue;
    }
    // While a group waits for room there is no use in hearing of more.
    if (group_.empty() || waits_for_more_) {
      bell_.arm();
      if (held_ || ring_.try_pop(held_)) {
        bell_.disarm();
        continue;
      }
    }
    sleeper_.wait_until(next);
    bell_.disarm();
  }
}

void Journal::stop() {
  if (std::exchange(stopped_, true)) {
    return;  // also from the destructor, when readers' bells may be gone already
  }
  if (thread_.joinable()) {
    thread_.request_stop();
    sleeper_.wake();
    thread_.join();
  }
  closing_ = true;
  for (;;) {
    static_cast<void>(step());
    if (!group_.empty()) {
      refuse_all(CommitResult::kStopped);  // It can't be written now; its writers have no acknowledgement.
    }
    if (!held_ && ring_.size() == 0) {
      break;
    }
  }
  compactor_.abandon();
  leave_segment(false);
  if (unsynced_) {
    static_cast<void>(rewrite());
    leave_segment(false);
  }
  persist_cursor();
  if (mark_) {
    mark_->clean = true;
    note_end();
    static_cast<void>(end_.sync());  // else the next start reads more
  }
}

MonoTime Journal::step() {
  const MonoTime now = clock_.mono();
  const std::uint64_t appended = appended_;
  if (retry_at_ == MonoTime::max() || disk_full_ || !accepting()) {
    wants_capacity_ = true;  // before recycle(): what is acknowledged behind it wakes
  }
  look_after_files(now);
  // While records are refused or wait, the room is theirs.
  recycle(accepting() && !pressed_ ? ReclaimPurpose::kTidiness : ReclaimPurpose::kCapacity);
  if (!accepting() && now >= reopen_at_ && may_accept_again(now)) {
    accepting_ = true;
    clear_issue();
  }
  collect(now);
  if (!accepting()) {
    refuse_all(CommitResult::kFull);
  }
  waits_for_more_ = gathers(now) && write_ahead();
  if (!group_.empty() && !waits_for_more_ && (now >= retry_at_ || capacity_came())) {
    switch (commit()) {
      case Commit::kDone:
        retry_at_ = {};
        pressed_ = false;
        clear_issue();
        break;
      case Commit::kNoCapacity:
        on_no_capacity(now);
        break;
      case Commit::kFailed:
        on_failure(now);
        break;
    }
  }
  bool more = now >= refill_at_ && backlog_.refill();
  more = (now >= refill_at_ && routes_.refill()) || more;
  const bool stalled = backlog_.stalled() || routes_.stalled();
  if (stalled && now >= refill_at_) {
    refill_at_ = now + kRetryInterval;
  }
  backlog_.wake_readers(routes_.take_published());
  acknowledge_passed_over();
  save_cursor(now);
  sync_if_due(now);
  if (compact(now, appended_ - appended) || more ||
      ((group_.empty() || waits_for_more_) && (held_ || ring_.size() > 0))) {
    return now;
  }
  // While live files are above half the limit, acknowledge() wakes.
  const MonoTime reopen = !accepting() && reopen_at_ > now ? reopen_at_ : MonoTime::max();
  const MonoTime group = group_.empty()    ? MonoTime::max()
                         : waits_for_more_ ? group_since_ + settings_.sync_delay
                                           : retry_at_;
  return std::min({removed_ ? look_at_ : MonoTime::max(), save_at_, compact_at_ > now ? compact_at_ : MonoTime::max(),
                   sync_at_, unsynced_ ? unsynced_retry_at_ : MonoTime::max(), reopen, group,
                   stalled ? refill_at_ : MonoTime::max()});
}

bool Journal::pop(std::unique_ptr<Batch>& batch) { return batch != nullptr || ring_.try_pop(batch); }

void Journal::collect(MonoTime now) {
  while (group_size_ < kMaxGroup && pop(held_)) {
    const std::uint64_t end = (segment_ ? offset_ : SegmentHeader::kSize) + group_size_;
    const bool empty = end == SegmentHeader::kSize;
    if (end + held_->size() > settings_.segment_size.value && !empty) {
      if (!group_.empty()) {
        return;  // the group fills its segment; held_ begins the next one
      }
      leave_segment(false);
    }
    group_since_ = group_.empty() ? now : group_since_;
    group_size_ += held_->size();
    group_.push_back(std::move(held_));
  }
}

bool Journal::offer(std::unique_ptr<Batch>& batch) noexcept {
  RESPAND_CHECK(batch->records() > 0);
  if (!ring_.try_push(batch)) {
    return false;
  }
  bell_.ring();
  return true;
}

void Journal::attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) {
  RESPAND_CHECK(durable_bell_ == nullptr);
  durable_bell_ = &durable;
  filled_bell_ = &filled;
  tail_from_ = 0;
}

Sequence Journal::begin(Sequence from) {
  const Sequence end = durable_end();
  const auto oldest = segments_.oldest();
  const Sequence next = std::min(from > Sequence{} ? from : oldest ? oldest->name.first : end, end);
  tailer_.start(next);
  tail_from_ = next.value;
  return next;
}

void Journal::unpin(Sequence floor) noexcept {
  tail_from_ = std::max(tail_from_.load(), floor.value);  // One thread writes; the next step() sees it.
}

}  // namespace respand::journal
