#include "journal/backlog.h"

#include <algorithm>

#include "respand/base/log.h"

namespace respand::journal {

Backlog::Backlog(const Segments& segments, Sequence next_to_publish, Sequence end, Hooks hooks, std::size_t references)
    : segments_(segments),
      hooks_(std::move(hooks)),
      ring_(references),
      fresh_(references),
      next_(next_to_publish),
      end_(end) {}

bool Backlog::push(Ref& ref) {
  const Sequence after = ref.sequence.next();
  if (!ring_.push(ref)) {
    return false;
  }
  go_on(after);
  ++published_;
  ++in_order_;
  return true;
}

// True where the record is not for delivery: nothing is left to do but to acknowledge it.
bool Backlog::pass_over(const RecordHeader& header) {
  if ((header.flags & kNotForDelivery) == 0) {
    return false;
  }
  go_on(header.sequence.next());
  passed_over_.push_back({header.sequence, header.length});
  return true;
}

void Backlog::extend(Sequence end, std::uint64_t routed, bool fresh, MonoTime now) {
  // Where no older record waits, a fresh one is simply the next.
  offers_fresh_ = fresh && (next_ < end_ || ring_.size() > 0);
  now_ = now;
  fresh_.begin_group(end.value - end_.value - routed, in_order_ - ring_.size(), now);
  end_ = end;
}

// Whether it was published before older ones.
bool Backlog::offer_fresh(Ref& ref) {
  if (!offers_fresh_) {
    return false;
  }
  const Sequence sequence = ref.sequence;
  if (sequence != next_) {
    return fresh_.push(ref, now_);
  }
  if (!fresh_.push_next(ref, now_)) {
    return false;
  }
  go_on(sequence.next());
  return true;
}

void Backlog::offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header) {
  const bool next = header.sequence == next_;
  if (!next && !offers_fresh_) {
    return;  // it is read back later
  }
  if (next && pass_over(header)) {
    return;
  }
  if (is_routed(header)) {
    if (next) {
      go_on(header.sequence.next());
    } else {
      static_cast<void>(fresh_.note(header.sequence));
    }
    return;
  }
  if ((header.flags & kNotForDelivery) != 0) {
    // Noted as published, so that it does not break the range of records that are sent now.
    if (fresh_.note(header.sequence)) {
      passed_over_.push_back({header.sequence, header.length});
    }
    return;
  }
  Ref ref{segment, offset, header.length, header.sequence, header.received};
  if (offer_fresh(ref)) {
    ++published_;
  } else if (next) {
    static_cast<void>(push(ref));  // where there is no room it is read back later
  }
}

void Backlog::skip_to(Sequence floor) {
  if (next_ < floor) {
    go_on(floor);
    unpushed_.reset();
    scan_.close();
  }
}

// A segment that is missing is gone for good, so its records are lost. One that can't be opened may come back.
bool Backlog::open_next_segment() {
  const auto entry = segments_.find(next_);
  if (!entry) {
    const auto oldest = segments_.oldest();
    const Sequence found = oldest ? std::min(oldest->name.first, end_) : end_;
    lose_up_to(found, {}, "their segment is missing");
    return next_ < end_;
  }
  auto segment = segments_.open(entry->name);
  if (!segment && segment.error().code != ErrorCode::kNotFound) {
    stalled_ = true;
    if (read_failures_++ == 0) {
      log::error("a segment of the journal can't be opened and is tried again",
                 {{"segment", entry->name.id.value}, {"error", segment.error().message}});
    }
    return false;
  }
  if (!segment) {
    const Sequence limit = std::min(entry->limit, end_);
    lose_up_to(limit, {.segment = entry->name.id}, "their segment is missing");
    return next_ < end_;
  }
  scan_.open(std::move(*segment), std::min(entry->limit, end_));
  return true;
}

// The scanner finds no record. Either the segment ends here, or more was written to it meanwhile, or durable records
// are damaged: then the scan goes on behind the damage, and the records in between are given up when the next sound one
// shows which they are.
void Backlog::end_of_sound_records() {
  const auto entry = segments_.find(scan_.scanner().expected());
  if (scan_.scanner().expected() >= end_ || !entry || entry->name.id != scan_.segment()->id()) {
    scan_.close();
    return;
  }
  const Sequence limit = std::min(entry->limit, end_);
  if (limit > scan_.scanner().limit()) {
    scan_.scanner().raise_limit(limit);
    return;
  }
  const std::uint64_t from = scan_.scanner().place();
  const auto more = scan_.scanner().resync();
  if (!more) {
    read_failed(more.error());
    return;
  }
  if (*more) {
    hooks_.keep_aside(*scan_.segment(), from, scan_.scanner().place());
    return;  // look_at_next() will see the gap
  }
  const bool traces = scan_.scanner().trace_end() > from;
  if (traces) {
    hooks_.keep_aside(*scan_.segment(), from, scan_.scanner().trace_end());
  }
  lose_up_to(limit, {scan_.segment()->id(), from},
             traces ? "their bytes on disk are damaged" : "their segment does not hold them");
  scan_.close();
}

// A read that fails may succeed later, so the records are not given up yet. But where only one place of the segment is
// bad, and stays so, the records behind it must not wait for ever: then the page is passed over.
void Backlog::read_failed(const Error& failure) {
  if (++read_failures_ < kReadPatience || !header_is_readable(*scan_.segment())) {
    stalled_ = true;
    if (read_failures_ == 1) {
      log::error(
          "the journal can't be read and is tried again",
          {{"segment", scan_.segment()->id().value}, {"offset", scan_.scanner().place()}, {"error", failure.message}});
    }
    return;
  }
  scan_.scanner().skip_page();
}

// Leaves out the records that were published before: the worker that took one reports what became of it.
void Backlog::lose_up_to(Sequence end, const Place& place, std::string_view why) {
  while (next_ < end) {
    const Sequence part = std::min(end, fresh_.first());
    hooks_.lost(next_, part, place, why);
    go_on(part);
  }
}

// Notes which records a compacted segment says were acknowledged, because a cursor that was lost does not know it. A
// flag is believed only where its record is sound. Returns whether the record itself needs no further work.
bool Backlog::pass_acked(const RecordHeader& header) {
  const bool gap = (header.flags & kGapAcked) != 0 && next_ < header.sequence;
  const bool stub = (header.flags & kPayloadGone) != 0;
  if (!gap && !stub) {
    return false;
  }
  if (const auto sound = scan_.scanner().verify(); !sound || !*sound) {
    return false;
  }
  if (gap) {
    hooks_.acked_before(next_, header.sequence);
    go_on(header.sequence);
  }
  if (stub) {
    hooks_.acked_before(header.sequence, header.sequence.next());
    go_on(header.sequence.next());
  }
  return stub;
}

// Only the header is read, not the payload: a reference needs no more, and the worker verifies the record when it reads
// it. What a header alone decides (the record is passed over) is verified here first.
void Backlog::look_at_next() {
  const std::uint64_t place = scan_.scanner().place();
  const auto step = scan_.scanner().next(Scanner::Check::kHeader);
  if (!step) {
    read_failed(step.error());
    return;
  }
  if (*step == Scanner::Step::kNone) {
    end_of_sound_records();
    return;
  }
  read_failures_ = 0;
  const RecordHeader& header = scan_.scanner().header();
  if (header.sequence < next_) {
    return;  // on the way from the segment's start to the place
  }
  if (pass_acked(header)) {
    return;
  }
  lose_up_to(header.sequence, {scan_.segment()->id(), place}, "their bytes on disk are damaged");
  if (header.sequence < next_) {
    return;  // published before, through the fresh lane
  }
  if (hooks_.acked(header.sequence)) {
    go_on(header.sequence.next());
    return;
  }
  if (!known(header) || is_routed(header) || (header.flags & kNotForDelivery) != 0) {
    const auto sound = scan_.scanner().verify();
    if (is_routed(header) && known(header) && (!sound || *sound)) {
      go_on(header.sequence.next());  // RouteBacklog publishes it.
      return;
    }
    // A damaged record is published like any other: the worker that reads it finds the damage and reports it.
    if (sound && *sound) {
      if (!known(header)) {
        hooks_.unknown(header, {scan_.segment()->id(), scan_.scanner().offset()});
        go_on(header.sequence.next());
      } else {
        static_cast<void>(pass_over(header));
      }
      return;
    }
  }
  unpushed_ = Ref{scan_.segment(), scan_.scanner().offset(), header.length, header.sequence, header.received};
}

// A reference that does not fit is kept in unpushed_, so that it need not be read again when there is room.
bool Backlog::refill() {
  stalled_ = false;
  for (std::size_t looked = 0; next_ < end_ && looked < kRefillBatch && !stalled_; ++looked) {
    if (unpushed_) {
      Ref ref = *unpushed_;
      if (!push(ref)) {
        return ring_.has_room();
      }
      unpushed_.reset();
    }
    if (scan_.is_open()) {
      look_at_next();
    } else if (next_ < end_ && !open_next_segment()) {
      return false;
    }
  }
  if (next_ >= end_) {
    scan_.close();
    return false;
  }
  return !stalled_;
}

}  // namespace respand::journal
