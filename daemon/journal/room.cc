// Journal: where there is no room, in the journal or on its disk.

#include <algorithm>

#include "journal/journal.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

// A disk that has less to give takes a header and then no group: not worth opening the doors for.
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
Journal::Commit Journal::make_room_for_segment() {
  if (disk_full_ && needed_from().value >= durable_end_ && settle_on_disk(Sequence{durable_end_})) {
    segments_.spare_newest();
  }
  while (!segments_.room() && compact_for_room(false)) {
  }
  if (!segments_.room()) {
    retire(For::kOneMore);
  }
  while (!segments_.room() && compact_for_room(true)) {
  }
  return segments_.room() ? Commit::kDone : Commit::kNoRoom;
}

// A segment to write to, which has room for the group.
Journal::Commit Journal::open_segment() {
  if (removed_ && !make_files_anew()) {
    return Commit::kFailed;
  }
  if (doubt_) {
    if (const Commit rewritten = rewrite(); rewritten != Commit::kDone) {
      return rewritten;
    }
    if (offset_ + group_size_ <= settings_.segment_size.value) {
      return Commit::kDone;
    }
    leave_segment(false);
  }
  if (const Commit room = make_room_for_segment(); room != Commit::kDone) {
    return room;
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

// Near the limit room counts more than what is fresh: only the oldest records, when they are settled, give any.
bool Journal::crowded() const { return segments_.live_bytes().value > segments_.max_size().value / 4 * 3; }

// Whether a group that waits need not wait for its next try.
bool Journal::room_came() const {
  if (retry_at_ == MonoTime::max()) {
    return segments_.room();
  }
  return disk_full_ && !segment_ &&
         (segments_.has_spare() || (segments_.live_files() == 1 && needed_from().value >= durable_end_));
}

void Journal::on_no_room(MonoTime now) {
  set_trouble("journal.max_size is reached");
  pressed_ = true;
  switch (settings_.when_full) {
    case WhenFull::kBlock:
      retry_at_ = MonoTime::max();
      wants_room_ = true;
      retire(For::kRoom);  // what was settled before wants_room_ could be seen
      if (segments_.room()) {
        retry_at_ = now;
      }
      return;
    case WhenFull::kReject:
      accepting_ = false;
      reopen_at_ = {};
      wants_room_ = true;
      refuse_all(Outcome::kFull);
      return;
    case WhenFull::kDropOldest:
      retry_at_ = drop_oldest() ? now : now + kRetryInterval;
      return;
  }
}

void Journal::on_failure(MonoTime now) {
  retry_at_ = now + kRetryInterval;
  pressed_ = true;  // a full disk: what is settled may be written over
  wants_room_ = true;
  switch (settings_.when_full) {
    case WhenFull::kBlock:
      return;
    case WhenFull::kReject:
      accepting_ = false;
      reopen_at_ = retry_at_;
      refuse_all(Outcome::kFull);
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
  if (doubt_ && doubt_->segment->id() == oldest->name.id) {
    doubt_.reset();
  }
  const Sequence limit = std::min(oldest->limit, Sequence{durable_end_});
  std::uint64_t bytes = 0;
  if (auto segment = segments_.open(oldest->name)) {
    Scanner scanner(**segment, SegmentHeader::kSize, oldest->name.first, limit);
    for (auto found = scanner.next(Scanner::Check::kHeader); found && *found == Scanner::Step::kRecord;
         found = scanner.next(Scanner::Check::kHeader)) {
      const bool settled =
          progress_.with([&](const Progress& p) { return p.state.settled.contains(scanner.header().sequence); });
      bytes += settled ? 0 : scanner.header().length;
    }
  }
  dropped_below_.store(limit.value, std::memory_order_relaxed);
  const std::uint64_t dropped = progress_.with([&](Progress& progress) {
    const std::uint64_t fresh = progress.state.settled.add_range(oldest->name.first, limit);
    progress.state.settled_bytes += bytes;
    static_cast<void>(progress.cursor.write(progress.state));  // or a kill -9 would bring back what is counted as gone
    return fresh;
  });
  dropped_full_.add(static_cast<double>(dropped));
  backlog_.skip_to(limit);
  routes_.skip_to(limit);
  note_progress();
  settle_on_disk(limit);
  segments_.drop_oldest();
  dropped_unsaid_ += dropped;
  if (dropped_unsaid_ > 0 && drop_gate_.open(clock_.mono())) {
    log::warning("there is no room: the oldest records were dropped, as journal.when_full says",
                 {{"records", std::exchange(dropped_unsaid_, 0)}, {"why", trouble()}});
  }
  return true;
}

void Journal::fail_with(const Error& error) {
  disk_full_ = error.code == ErrorCode::kNoSpace;
  set_trouble(error.message);
}

std::string Journal::trouble() const {
  return trouble_.with([](const std::string& trouble) { return trouble; });
}

// Near the limit it comes and goes with every segment: the log hears of it once in a while.
void Journal::set_trouble(std::string trouble) {
  const bool changed = trouble_.with([&](std::string& current) { return std::exchange(current, trouble) != trouble; });
  if (!changed) {
    return;
  }
  if (trouble.empty()) {
    if (std::exchange(trouble_said_, false)) {
      log::info("the journal takes records again");
    }
  } else if (full_gate_.open(clock_.mono())) {
    trouble_said_ = true;
    log::error(
        "the journal can't take records",
        {{"why", trouble}, {"meanwhile", meanwhile(settings_.when_full)}, {"held_back", full_gate_.held_back()}});
  }
}

}  // namespace respand::journal
