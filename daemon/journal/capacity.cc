// Journal: where there is no room, in the journal or on its disk.

#include <algorithm>

#include "journal/journal.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

// A disk that has less to give takes a header and then no group: not worth accepting records for.
constexpr Bytes kWorthWhile{2 * Batch::kUsualCapacity};

std::string_view meanwhile(WhenFull policy) {
  switch (policy) {
    case WhenFull::kBlock:
      return "writers wait until records are delivered or the disk has room again";
    case WhenFull::kReject:
      return "writers are refused until records are delivered or the disk has room again";
    case WhenFull::kDropOldest:
      return "the oldest records are dropped, where that makes room";
  }
  return {};
}

}  // namespace

// On a full disk a segment that holds nothing of use any more is worth more than a new file.
Journal::Commit Journal::make_capacity_for_segment() {
  if (disk_full_ && needed_from().value >= durable_end_ && persist_acks_below(Sequence{durable_end_})) {
    segments_.spare_newest();
  }
  while (!segments_.capacity() && compact_for_capacity(false)) {
  }
  if (!segments_.capacity()) {
    recycle(ReclaimPurpose::kOneMore);
  }
  while (!segments_.capacity() && compact_for_capacity(true)) {
  }
  return segments_.capacity() ? Commit::kDone : Commit::kNoCapacity;
}

// A segment to write to, which has room for the group.
Journal::Commit Journal::open_segment() {
  if (removed_ && !make_files_anew()) {
    return Commit::kFailed;
  }
  if (unsynced_) {
    if (const Commit rewritten = rewrite(); rewritten != Commit::kDone) {
      return rewritten;
    }
    if (offset_ + group_size_ <= settings_.segment_size.value) {
      return Commit::kDone;
    }
    leave_segment(false);
  }
  if (const Commit capacity = make_capacity_for_segment(); capacity != Commit::kDone) {
    return capacity;
  }
  auto segment = segments_.create(Sequence{durable_end_}, clock_.wall(), appended_);
  if (!segment) {
    fail_with(segment.error());
    return Commit::kFailed;
  }
  segment_ = std::move(*segment);
  offset_ = SegmentHeader::kSize;
  note_synced();
  return Commit::kDone;
}

// Near the limit room counts more than what is fresh: only the oldest records, when they are acknowledged, give any.
bool Journal::crowded() const { return segments_.live_bytes().value > segments_.max_size().value / 4 * 3; }

// Whether a group that waits need not wait for its next try.
bool Journal::capacity_came() const {
  if (retry_at_ == MonoTime::max()) {
    return segments_.capacity();
  }
  return disk_full_ && !segment_ &&
         (segments_.has_spare() || (segments_.live_files() == 1 && needed_from().value >= durable_end_));
}

void Journal::on_no_capacity(MonoTime now) {
  set_issue(Condition::kFull, "journal.max_size is reached");
  pressed_ = true;
  switch (settings_.when_full) {
    case WhenFull::kBlock:
      retry_at_ = MonoTime::max();
      wants_capacity_ = true;
      recycle(ReclaimPurpose::kCapacity);  // what was acknowledged before wants_capacity_ could be seen
      if (segments_.capacity()) {
        retry_at_ = now;
      }
      return;
    case WhenFull::kReject:
      accepting_ = false;
      reopen_at_ = {};
      wants_capacity_ = true;
      refuse_all(CommitResult::kFull);
      return;
    case WhenFull::kDropOldest:
      retry_at_ = drop_oldest() ? now : now + kRetryInterval;
      return;
  }
}

void Journal::on_failure(MonoTime now) {
  retry_at_ = now + kRetryInterval;
  pressed_ = true;  // a full disk: what is acknowledged may be written over
  wants_capacity_ = true;
  switch (settings_.when_full) {
    case WhenFull::kBlock:
      return;
    case WhenFull::kReject:
      accepting_ = false;
      reopen_at_ = retry_at_;
      refuse_all(CommitResult::kFull);
      return;
    case WhenFull::kDropOldest:
      if (disk_full_ && drop_oldest()) {
        retry_at_ = now;
      }
      return;
  }
}

// Under `reject`, once reopen_at_ has come: at half the limit, and after a failed write only when the disk takes a
// segment again.
bool Journal::may_accept_again(MonoTime now) {
  // One file alone, however large an earlier journal.segment_size made it, is no reason: the next segment frees it.
  if (segments_.live_files() > 1 && segments_.live_bytes().value > segments_.max_size().value / 2) {
    return false;
  }
  if (reopen_at_ == MonoTime{}) {
    return true;
  }
  reopen_at_ = now + kRetryInterval;
  const auto free = fs_.free_space(settings_.directory);
  const bool worth_while = !disk_full_ || segments_.has_spare() || !free || *free >= kWorthWhile;
  return worth_while && (segment_ || open_segment() == Commit::kDone);
}

bool Journal::drop_oldest() {
  const auto oldest = segments_.oldest();
  if (!oldest || (segment_ && oldest->name.id == segment_->id())) {
    return false;
  }
  if (unsynced_ && unsynced_->segment->id() == oldest->name.id) {
    unsynced_.reset();
  }
  const Sequence limit = std::min(oldest->limit, Sequence{durable_end_});
  std::uint64_t bytes = 0;
  if (auto segment = segments_.open(oldest->name)) {
    Scanner scanner(**segment, SegmentHeader::kSize, oldest->name.first, limit);
    for (auto found = scanner.next(Scanner::Check::kHeader); found && *found == Scanner::Step::kRecord;
         found = scanner.next(Scanner::Check::kHeader)) {
      const bool acked =
          progress_.with([&](const Progress& p) { return p.state.acked.contains(scanner.header().sequence); });
      bytes += acked ? 0 : scanner.header().length;
    }
  }
  dropped_below_.store(limit.value, std::memory_order_relaxed);
  const std::uint64_t dropped = progress_.with([&](Progress& progress) {
    const std::uint64_t fresh = progress.state.acked.add_range(oldest->name.first, limit);
    progress.state.acked_bytes += bytes;
    static_cast<void>(progress.cursor.write(progress.state));  // or a kill -9 would bring back what is counted as gone
    return fresh;
  });
  dropped_full_.add(static_cast<double>(dropped));
  backlog_.skip_to(limit);
  routes_.skip_to(limit);
  note_progress();
  persist_acks_below(limit);
  segments_.drop_oldest();
  dropped_unsaid_ += dropped;
  if (dropped_unsaid_ > 0 && drop_gate_.open(clock_.mono())) {
    log::warning("there is no room: the oldest records were dropped, as journal.when_full says",
                 {{"records", std::exchange(dropped_unsaid_, 0)}, {"why", issue().text}});
  }
  return true;
}

void Journal::fail_with(const Error& error) { fail_with(condition_of(error), error); }

void Journal::fail_with(Condition condition, const Error& error) {
  disk_full_ = error.code == ErrorCode::kNoSpace;
  set_issue(condition, error.message);
}

Journal::Issue Journal::issue() const {
  return issue_.with([](const Issue& issue) { return issue; });
}

// Near the limit it comes and goes with every segment: the log hears of it once in a while.
void Journal::set_issue(Condition condition, std::string text) {
  const bool changed = issue_.with([&](Issue& current) {
    const bool other = current.condition != condition;
    current = {condition, text};
    return other;
  });
  if (changed && full_gate_.open(clock_.mono())) {
    issue_said_ = true;
    log::error("the journal can't take records",
               {{"why", text}, {"meanwhile", meanwhile(settings_.when_full)}, {"held_back", full_gate_.held_back()}});
  }
}

void Journal::clear_issue() {
  const bool had_one =
      issue_.with([](Issue& current) { return std::exchange(current, {}).condition != Condition::kNone; });
  if (had_one && std::exchange(issue_said_, false)) {
    log::info("the journal takes records again");
  }
}

}  // namespace respand::journal
