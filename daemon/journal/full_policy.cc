#include "journal/full_policy.h"

namespace respand::journal {
namespace {

// A disk that has less to give takes a header and then no group: not worth accepting records for.
constexpr Bytes kWorthWhile{2 * Batch::kUsualCapacity};

}  // namespace

void FullPolicy::want_capacity() {
  if (retry_at_ == MonoTime::max() || parts_.availability.disk_full() || !parts_.availability.accepting()) {
    parts_.progress.want_capacity();
  }
}

void FullPolicy::reopen_if_due(MonoTime now) {
  if (!parts_.availability.accepting() && now >= reopen_at_ && may_reopen(now)) {
    parts_.availability.set_accepting(true);
    parts_.availability.clear_issue();
  }
}

// Under `reject`: at half the limit, and after a failed write only when the disk takes a segment again.
bool FullPolicy::may_reopen(MonoTime now) {
  // One file alone, however large an earlier journal.segment_size made it, is no reason: the next segment frees it.
  if (parts_.segments.live_files() > 1 && parts_.segments.live_bytes().value > parts_.segments.max_size().value / 2) {
    return false;
  }
  if (reopen_at_ == MonoTime{}) {
    return true;
  }
  reopen_at_ = now + kRetryInterval;
  const auto free = parts_.fs.free_space(parts_.settings.directory);
  const bool worth_while =
      !parts_.availability.disk_full() || parts_.segments.has_spare() || !free || *free >= kWorthWhile;
  return worth_while && (parts_.writer.is_open() || parts_.roller.open(0) == WriteOutcome::kDone);
}

// Whether a group that waits need not wait for its next try.
bool FullPolicy::capacity_came() const {
  if (retry_at_ == MonoTime::max()) {
    return parts_.segments.capacity();
  }
  return parts_.availability.disk_full() && !parts_.writer.is_open() && parts_.capacity.can_reuse();
}

void FullPolicy::take(WriteOutcome outcome, MonoTime now) {
  switch (outcome) {
    case WriteOutcome::kDone:
      retry_at_ = {};
      parts_.availability.set_pressed(false);
      parts_.availability.clear_issue();
      return;
    case WriteOutcome::kNoCapacity:
      parts_.availability.set_issue(Condition::kFull, "journal.max_size is reached");
      parts_.availability.set_pressed(true);
      on_no_capacity(now);
      return;
    case WriteOutcome::kFailed:
      parts_.availability.set_pressed(true);  // a full disk: what is acknowledged may be written over
      on_failure(now);
      return;
  }
}

void FullPolicy::on_no_capacity(MonoTime now) {
  switch (parts_.settings.when_full) {
    case WhenFull::kBlock:
      retry_at_ = MonoTime::max();
      parts_.progress.want_capacity();
      // What was acknowledged before the wish could be seen.
      parts_.reclaimer.recycle(Reclaimer::Purpose::kCapacity);
      if (parts_.segments.capacity()) {
        retry_at_ = now;
      }
      return;
    case WhenFull::kReject:
      refuse({});
      return;
    case WhenFull::kDropOldest:
      retry_at_ = parts_.capacity.drop_oldest() ? now : now + kRetryInterval;
      return;
  }
}

void FullPolicy::on_failure(MonoTime now) {
  retry_at_ = now + kRetryInterval;
  parts_.progress.want_capacity();
  switch (parts_.settings.when_full) {
    case WhenFull::kBlock:
      return;
    case WhenFull::kReject:
      refuse(retry_at_);
      return;
    case WhenFull::kDropOldest:
      if (parts_.availability.disk_full() && parts_.capacity.drop_oldest()) {
        retry_at_ = now;
      }
      return;
  }
}

void FullPolicy::refuse(MonoTime reopen_at) {
  parts_.availability.set_accepting(false);
  reopen_at_ = reopen_at;
  parts_.progress.want_capacity();
  parts_.group.refuse_all(CommitResult::kFull);
}

MonoTime FullPolicy::reopen_at(MonoTime now) const {
  return !parts_.availability.accepting() && reopen_at_ > now ? reopen_at_ : MonoTime::max();
}

}  // namespace respand::journal
