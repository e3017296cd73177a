#include "journal/segment_walk.h"

#include <algorithm>

namespace respand::journal {

bool OpenRanges::any(Sequence first, Sequence end) {
  while (at_ < ranges_.size() && ranges_[at_].end <= first) {
    ++at_;
  }
  return at_ < ranges_.size() && ranges_[at_].first < end;
}

// Damage is passed over by looking for the next sound record. An unreadable page is passed over only where the walk was
// told so: otherwise the disk's error goes to the caller, who tries again later.
Result<SegmentWalk::Step> SegmentWalk::next(Scanner::Check check) {
  hole_begin_ = hole_end_ = 0;
  for (;;) {
    auto step = scanner_.next(check);
    if (step && *step == Scanner::Step::kRecord) {
      return Step::kRecord;
    }
    if (step && scanner_.expected() >= scanner_.limit()) {
      return Step::kEnd;
    }
    if (!step && !past_unreadable_) {
      return std::move(step).error();
    }
    hole_begin_ = hole_begin_ == 0 ? scanner_.place() : hole_begin_;
    if (!step) {
      scanner_.skip_page();
    }
    auto more = scanner_.resync();
    while (!more && past_unreadable_) {
      scanner_.skip_page();
      more = scanner_.resync();
    }
    if (!more) {
      return std::move(more).error();
    }
    hole_end_ = *more ? scanner_.place() : std::max(hole_begin_, scanner_.trace_end());
    if (!*more) {
      return Step::kEnd;
    }
  }
}

}  // namespace respand::journal
