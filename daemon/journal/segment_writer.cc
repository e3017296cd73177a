#include "journal/segment_writer.h"

#include <algorithm>
#include <utility>

namespace respand::journal {

Status SegmentWriter::open_new() {
  auto segment = segments_.create(end_.next(), clock_.wall(), end_.appended());
  if (!segment) {
    return std::move(segment).error();
  }
  open(std::move(*segment), SegmentHeader::kSize);
  return {};
}

void SegmentWriter::open(std::shared_ptr<Segment> segment, std::uint64_t offset) {
  segment_ = std::move(segment);
  offset_ = offset;
  segment_->set_known_end(offset_);
  note_synced();
}

// Sequences are given only now, when the segment is known: the stamp depends on it, and a group that is written anew
// after a failure gets the same sequences. Batches that are in the segment already keep theirs.
void SegmentWriter::seal(Group group) {
  Sequence next = end_.next();
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto& batch = group[i];
    if (i < written_) {
      next = Sequence{next.value + batch->records()};
      continue;
    }
    batch->set_first_sequence(next);
    const auto encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size(); at += record_extent(load<std::uint32_t>(&encoded[at] + 12))) {
      journal::seal(&encoded[at], segment_->stamp(), next);
      next = next.next();
    }
  }
}

// One write for all batches that are not in the segment yet.
Status SegmentWriter::write(Group group) {
  parts_.clear();
  std::uint64_t at = offset_;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (i < written_) {
      at += group[i]->size();
    } else {
      parts_.emplace_back(group[i]->encoded());
    }
  }
  Status wrote = parts_.empty() ? Status() : segment_->file()->write_at(at, parts_);
  if (wrote) {
    written_ = group.size();
  }
  return wrote;
}

Status SegmentWriter::sync() {
  switch (settings_.sync) {
    case Sync::kAlways: {
      Status synced = segment_->file()->sync_data();
      if (!synced) {
        segments_.spoil_newest();  // it must not be written over and synced again
      }
      return synced;
    }
    case Sync::kInterval:
      sync_at_ = std::min(sync_at_, clock_.mono() + settings_.sync_interval);
      return {};
    case Sync::kNever:
      return {};
  }
  return {};
}

void SegmentWriter::advance(std::uint64_t bytes) {
  offset_ += bytes;
  segment_->set_known_end(offset_);
  written_ = 0;
}

void SegmentWriter::close(bool failed) {
  if (!segment_) {
    return;
  }
  tailer_.ring_filled();
  const bool ahead = std::exchange(written_, 0) > 0;
  if (failed && offset_ == SegmentHeader::kSize) {
    sync_at_ = MonoTime::max();  // it holds nothing to sync
    segment_.reset();
    segments_.discard_newest();
    return;
  }
  if (failed || ahead) {
    // Records of a group that is then refused, or written elsewhere, must not come back with the next start. And the
    // room is free for others.
    static_cast<void>(segment_->file()->truncate(offset_));
  }
  if (sync_at_ != MonoTime::max()) {
    static_cast<void>(sync_interval());  // the groups before the one that failed are still to be synced
  }
  segments_.close(*segment_);
  closed_ = holds_closed_ ? segment_ : nullptr;
  segment_.reset();
}

void SegmentWriter::hold_closed(bool hold) {
  holds_closed_ = hold;
  if (!hold) {
    closed_.reset();
  }
}

// Syncs the open segment. Where that fails, the groups since the last good sync become the unsynced tail.
bool SegmentWriter::sync_interval() {
  sync_at_ = MonoTime::max();
  const Status synced = segment_->file()->sync_data();
  if (synced) {
    note_synced();
    return true;
  }
  segments_.spoil_newest();
  tail_.keep(segment_, synced_, synced.error());
  return false;
}

void SegmentWriter::sync_if_due(MonoTime now) {
  if (sync_at_ != MonoTime::max() && now >= sync_at_ && !sync_interval()) {
    close(true);
  }
}

}  // namespace respand::journal
