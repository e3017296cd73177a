// Journal: from a group of batches to durable records.

#include <algorithm>
#include <utility>

#include "journal/journal.h"
#include "respand/base/check.h"
#include "respand/journal/attributes.h"

namespace respand::journal {

// Whether the group's sync may wait for what comes next.
bool Journal::gathers(MonoTime now) const {
  return settings_.sync == Sync::kAlways && !group_.empty() && !held_ && !pressed_ && !closing_ &&
         now < group_since_ + settings_.sync_delay && group_.size() < kMostGathered &&
         group_size_ < kMostGatheredBytes &&
         std::none_of(group_.begin(), group_.end(), [](const auto& batch) { return batch->awaited(); });
}

// What the group waits for must not cost it a kill -9. False where it can't be written: that is commit()'s.
bool Journal::write_ahead() {
  if (!segment_ && open_segment() != Commit::kDone) {
    return false;
  }
  seal_group();
  return write_group(group_.size()).has_value();
}

Journal::Commit Journal::commit() {
  const MonoTime begin = clock_.mono();
  // A failed sync, or a write that fails whatever its size, ends the segment at its last good length; the group is
  // written anew, to a new segment, once at once.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!segment_) {
      if (const Commit opened = open_segment(); opened != Commit::kDone) {
        return opened;
      }
    }
    seal_group();
    std::size_t batches = group_.size();
    Status durable = write_group(batches);
    // Where there is no room for all, there may be some for a few; some may be written already.
    while (!durable && durable.error().code == ErrorCode::kNoSpace && batches > written_ + 1) {
      batches = written_ + (batches - written_) / 2;
      durable = write_group(batches);
    }
    if (!durable && durable.error().code == ErrorCode::kNoSpace && written_ > 0) {
      batches = written_;
      durable = {};
    }
    if (durable) {
      durable = sync_group();
    }
    if (durable) {
      durable = find_files();
    }
    if (durable) {
      disk_full_ = false;
      publish_group(batches);
      complete_group(batches, CommitResult::kDurable);
      if (durable_bell_ != nullptr) {
        durable_bell_->ring();
      }
      commit_seconds_.observe(std::chrono::duration<double>(clock_.mono() - begin).count());
      return Commit::kDone;
    }
    fail_with(durable.error());
    leave_segment(true);
  }
  return Commit::kFailed;
}

// What is written to files that nobody can open any more is gone with the process: nobody may take it for durable.
Status Journal::find_files() {
  if (files_are_there()) {
    return {};
  }
  removed_ = true;
  return error(ErrorCode::kIo, "the journal's files were removed while it was running");
}

// Those that are not written yet.
void Journal::seal_group() {
  Sequence next{durable_end_};
  for (std::size_t i = 0; i < group_.size(); ++i) {
    const auto& batch = group_[i];
    if (i < written_) {
      next = Sequence{next.value + batch->records()};
      continue;
    }
    batch->set_first_sequence(next);
    const auto encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size(); at += record_extent(load<std::uint32_t>(&encoded[at] + 12))) {
      seal(&encoded[at], segment_->stamp(), next);
      next = next.next();
    }
  }
}

// Writes the first so many batches, but for those that are written already. Requires: batches >= written_.
Status Journal::write_group(std::size_t batches) {
  parts_.clear();
  std::uint64_t at = offset_;
  for (std::size_t i = 0; i < batches; ++i) {
    if (i < written_) {
      at += group_[i]->size();
    } else {
      parts_.emplace_back(group_[i]->encoded());
    }
  }
  Status wrote = parts_.empty() ? Status() : segment_->file()->write_at(at, parts_);
  if (wrote) {
    written_ = batches;
  }
  return wrote;
}

Status Journal::sync_group() {
  switch (settings_.sync) {
    case Sync::kAlways: {
      Status synced = segment_->file()->sync_data();
      if (!synced) {
        segments_.spoil_newest();
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

namespace {

// Of a record that a batch holds.
std::string_view key_in(std::span<const std::byte> record, const RecordHeader& header) {
  const auto* const list = reinterpret_cast<const char*>(record.data() + RecordHeader::kSize);
  return header.keyed == 0 ? std::string_view() : find_attribute({list, header.attributes}, Tag::kKey);
}

}  // namespace

void Journal::publish_group(std::size_t batches) {
  const std::span<const std::unique_ptr<Batch>> written(group_.data(), batches);
  Sequence next{durable_end_};
  std::uint64_t bytes = 0;
  std::uint64_t routed = 0;
  for (const auto& batch : written) {
    next = Sequence{next.value + batch->records()};
    routed += batch->routed();
  }
  routes_.extend(next);
  backlog_.extend(next, routed, fresh_wanted_.load(std::memory_order_relaxed) && !crowded(), clock_.mono());
  std::uint64_t last = offset_;
  for (const auto& batch : written) {
    const auto encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size();) {
      const RecordHeader header = decode_record(&encoded[at]);
      last = offset_ + at;
      backlog_.offer(segment_, offset_ + at, header);
      if (is_routed(header) && known(header)) {
        routes_.offer(segment_, offset_ + at, header, key_in(encoded.subspan(at), header));
      }
      bytes += header.length;
      at += record_extent(header.length);
    }
    offset_ += encoded.size();
  }
  written_ = 0;
  durable_end_ = next.value;
  appended_ += bytes;
  mark_ = EndMark{.journal = id_,
                  .segment = segment_->id(),
                  .offset = last,
                  .sequence = Sequence{next.value - 1},
                  .appended = appended_};
  note_end();
}

void Journal::note_end() {
  if (auto noted = end_.write(*mark_); !noted && end_gate_.open(clock_.mono())) {
    log::warning("the journal's end can't be noted: its next start takes longer", {{"error", noted.error().message}});
  }
}

// Hands the first so many batches back to their producers.
void Journal::complete_group(std::size_t batches, CommitResult outcome) {
  for (std::size_t i = 0; i < batches; ++i) {
    group_size_ -= group_[i]->size();
    Producer& producer = group_[i]->producer();
    producer.committed(std::move(group_[i]), outcome);
  }
  group_.erase(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(batches));
}

// Requires: nothing of the group is in a segment, where the next start would find it.
void Journal::refuse_all(CommitResult outcome) {
  RESPAND_CHECK(written_ == 0);
  complete_group(group_.size(), outcome);
  while (pop(held_)) {
    Producer& producer = held_->producer();
    producer.committed(std::move(held_), outcome);
  }
}

void Journal::leave_segment(bool failed) {
  if (!segment_) {
    return;
  }
  if (filled_bell_ != nullptr) {
    filled_bell_->ring();
  }
  const bool ahead = std::exchange(written_, 0) > 0;
  if (failed && offset_ == SegmentHeader::kSize) {
    segment_.reset();
    segments_.discard_newest();
    return;
  }
  if (failed || ahead) {
    // What it holds of a group that is then refused, or written elsewhere, must not come back with the next start; and
    // room is room.
    static_cast<void>(segment_->file()->truncate(offset_));
  }
  if (sync_at_ != MonoTime::max()) {
    static_cast<void>(sync_segment());  // the groups before the one that failed, too
  }
  segments_.close(*segment_);
  last_open_ = removed_ ? segment_ : nullptr;
  segment_.reset();
}

}  // namespace respand::journal
