#include "journal/segment_roller.h"

#include <utility>

namespace respand::journal {

// The tail comes before anything new: records behind it must not become durable before it. Its segment is used for the
// group where that fits.
WriteOutcome SegmentRoller::open(std::uint64_t group) {
  if (parts_.presence.removed() && !parts_.presence.make_anew()) {
    return WriteOutcome::kFailed;
  }
  if (parts_.tail.exists()) {
    if (const WriteOutcome rewritten = rewrite_tail(); rewritten != WriteOutcome::kDone) {
      return rewritten;
    }
    if (parts_.writer.offset() + group <= segment_size_) {
      return WriteOutcome::kDone;
    }
    parts_.writer.close(false);
  }
  if (!parts_.capacity.make_for_segment()) {
    return WriteOutcome::kNoCapacity;
  }
  if (const Status opened = parts_.writer.open_new(); !opened) {
    parts_.availability.fail_with(opened.error());
    return WriteOutcome::kFailed;
  }
  return WriteOutcome::kDone;
}

WriteOutcome SegmentRoller::rewrite_tail() {
  if (!parts_.tail.exists()) {
    return WriteOutcome::kDone;
  }
  parts_.tail.postpone();  // whatever comes of this attempt, the next one waits
  if (!parts_.capacity.make_for_segment()) {
    parts_.availability.set_issue(Condition::kUnsyncedFull,
                                  "records of the last interval can't be written anew: journal.max_size is reached");
    return WriteOutcome::kNoCapacity;
  }
  auto rewritten = parts_.tail.rewrite();
  if (!rewritten) {
    parts_.availability.fail_with(rewritten.error());
    return WriteOutcome::kFailed;
  }
  parts_.writer.open(std::move(rewritten->segment), rewritten->end);
  return WriteOutcome::kDone;
}

bool SegmentRoller::retry_tail(MonoTime now) {
  return parts_.tail.exists() && now >= parts_.tail.retry_at() && rewrite_tail() == WriteOutcome::kDone;
}

}  // namespace respand::journal
