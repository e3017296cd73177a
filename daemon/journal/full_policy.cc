#include "journal/full_policy.h"

namespace respand::journal {
namespace {

// A disk with less free space would take a segment's header and then no group, so records are not accepted for it.
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

// Under `reject`: whether records are accepted again. That is at half the limit, so that the journal does not flutter
// between accepting and refusing, and after a failed write only when the disk takes a segment again.
bool FullPolicy::may_reopen(MonoTime now) {
  // A single file is no reason to go on refusing, however large an earlier journal.segment_size made it: the next
  // segment frees it.
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

// Whether a group that waits can be tried at once: there is room under the limit (it waits without a time for that), or
// a full disk has a file that can be written over.
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
      // Records that were acknowledged before the wish for capacity could be seen wake nobody: they are looked for
      // here.
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
