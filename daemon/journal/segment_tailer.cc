#include "journal/segment_tailer.h"

#include <algorithm>

namespace respand::journal {

void SegmentTailer::leave_segment() {
  scanner_.reset();
  segment_.reset();
}

// Finds the segment to go on in, and opens it as segment_; nothing where there is none yet. Where the table changed
// between look-up and opening, both are repeated.
Result<std::optional<Segments::Entry>> SegmentTailer::find_segment(Sequence end, TailProgress& turn) {
  for (;;) {
    const auto entry = segments_.find(next_);
    if (!entry) {
      const auto oldest = segments_.oldest();
      const Sequence found = oldest ? std::min(oldest->name.first, end) : end;
      turn.gone += found.value - next_.value;
      next_ = found;
      if (next_ >= end || !segments_.find(next_)) {
        return std::optional<Segments::Entry>{};  // where a segment goes meanwhile, the next turn sees it
      }
      continue;
    }
    auto segment = segments_.open(entry->name);
    if (segment) {
      segment_ = std::move(*segment);
      return entry;
    }
    const auto again = segments_.find(next_);
    if (again && again->name.id == entry->name.id && again->edition == entry->edition) {
      return std::move(segment).error();
    }
  }
}

Status SegmentTailer::open_segment(Sequence end, TailProgress& turn) {
  auto entry = find_segment(end, turn);
  if (!entry) {
    return std::move(entry).error();
  }
  if (!*entry) {
    return {};
  }
  const bool parked = parked_at_ != 0 && parked_in_ == segment_->id() && parked_edition_ == segment_->edition();
  scanner_.emplace(*segment_, parked ? parked_at_ : SegmentHeader::kSize, parked ? next_ : (*entry)->name.first,
                   std::min((*entry)->limit, end), kChunk);
  return {};
}

// The scanner finds no record: the segment ends here, or more was written to it meanwhile, or durable records are
// damaged.
Status SegmentTailer::end_of_sound_records(Sequence end, TailProgress& turn) {
  const Sequence known = scanner_->limit();
  const auto entry = segments_.find(scanner_->expected());
  // A later edition may hold the records of further segments, but not in this file.
  const bool same = entry && entry->name.id == segment_->id() && entry->edition == segment_->edition();
  const Sequence limit = same ? std::min(entry->limit, end) : known;
  if (limit > known) {
    scanner_->raise_limit(limit);
    return {};
  }
  if (scanner_->expected() < limit) {
    auto more = scanner_->resync();
    if (!more) {
      return std::move(more).error();
    }
    if (*more) {
      return {};  // read_on() sees the gap
    }
  }
  if (next_ < limit) {
    turn.unsound += limit.value - next_.value;
    next_ = limit;
  }
  leave_segment();
  return {};
}

// The checksum is verified without holding a whole record in memory: the ledger needs the attributes only. After an
// error the segment is closed and opened again at the next turn, where it may have been compacted.
Status SegmentTailer::read_on(Sequence end, std::size_t most, const std::function<void(const TailedRecord&)>& visit,
                              TailProgress& turn) {
  turn = TailProgress{.next = next_};
  for (std::size_t looked = 0; next_ < end && looked < most;) {
    if (!scanner_) {
      Status opened = open_segment(end, turn);
      turn.next = next_;
      if (!opened) {
        return opened;
      }
      if (!scanner_) {
        break;
      }
    }
    auto step = scanner_->next(Scanner::Check::kSum);
    if (!step) {
      leave_segment();
      return std::move(step).error();
    }
    if (*step == Scanner::Step::kNone) {
      if (auto ended = end_of_sound_records(end, turn); !ended) {
        leave_segment();
        return ended;
      }
      turn.next = next_;
      continue;
    }
    const RecordHeader& header = scanner_->header();
    if (header.sequence < next_) {
      continue;  // on the way from the segment's start to the place
    }
    auto attributes = scanner_->attributes();
    if (!attributes) {
      leave_segment();
      return std::move(attributes).error();
    }
    // Records that a compacted segment says were left out were given up for room; any other gap is damage.
    ((header.flags & kGapAcked) != 0 ? turn.gone : turn.unsound) += header.sequence.value - next_.value;
    next_ = header.sequence.next();
    turn.next = next_;
    ++looked;
    if ((header.flags & kAccountGone) != 0) {
      ++turn.gone;
      continue;
    }
    visit(TailedRecord{header.sequence, header.received, *attributes, header.route});
  }
  turn.more = next_ < end;
  if (!turn.more && scanner_) {
    park();
  }
  return {};
}

// Closes the segment while there is nothing to read, and remembers the place: on a full disk an acknowledged segment is
// written over only where nobody has it open.
void SegmentTailer::park() {
  parked_in_ = segment_->id();
  parked_edition_ = segment_->edition();
  parked_at_ = scanner_->place();
  leave_segment();
}

std::uint64_t SegmentTailer::skip_segment(Sequence end) {
  leave_segment();
  const auto entry = segments_.find(next_);
  const Sequence limit = entry ? std::min(entry->limit, end) : next_;
  const std::uint64_t skipped = limit > next_ ? limit.value - next_.value : 0;
  next_ = std::max(next_, limit);
  return skipped;
}

}  // namespace respand::journal
