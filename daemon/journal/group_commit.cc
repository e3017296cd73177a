#include "journal/group_commit.h"

#include <algorithm>
#include <span>
#include <utility>

#include "respand/base/check.h"

namespace respand::journal {

// A group never spans two segments: one fdatasync covers it then, and a failure concerns one file only.
void GroupCommit::collect(MonoTime now) {
  while (size_ < kMaxGroup) {
    const Batch* const next = parts_.queue.front();
    if (next == nullptr) {
      return;
    }
    const std::uint64_t end = parts_.writer.offset() + size_;
    const bool fresh_segment = end == SegmentHeader::kSize;
    if (end + next->size() > parts_.settings.segment_size.value && !fresh_segment) {
      if (!group_.empty()) {
        return;  // the group fills its segment; the batch in front begins the next segment
      }
      parts_.writer.close(false);
    }
    since_ = group_.empty() ? now : since_;
    size_ += next->size();
    group_.push_back(parts_.queue.pop());
  }
}

// Whether the group's sync may wait for further batches: nobody waits for it, and it is not large yet.
bool GroupCommit::gathers(MonoTime now) const {
  return parts_.settings.sync == Sync::kAlways && !group_.empty() && !parts_.queue.has_front() &&
         !parts_.availability.pressed() && !ends_ && now < gathers_until() && group_.size() < kMostGathered &&
         size_ < kMostGatheredBytes &&
         std::none_of(group_.begin(), group_.end(), [](const auto& batch) { return batch->awaited(); });
}

// A group that waits is written already, so that a kill -9 meanwhile does not lose it: it is in the page cache. Where
// writing fails the group does not wait, and commit() deals with the failure.
void GroupCommit::write_ahead(MonoTime now) {
  waits_for_more_ = false;
  if (!gathers(now) || (!parts_.writer.is_open() && parts_.roller.open(size_) != WriteOutcome::kDone)) {
    return;
  }
  parts_.writer.seal(first(group_.size()));
  waits_for_more_ = parts_.writer.write(first(group_.size())).has_value();
}

bool GroupCommit::join_ahead(MonoTime now) {
  if (waits_for_more_) {
    collect(now);
    write_ahead(now);
  }
  return waits_for_more_;
}

WriteOutcome GroupCommit::commit() {
  const MonoTime begin = parts_.clock.mono();
  // A failed sync, or a write that fails whatever its size, ends the segment at its last good length: after a failed
  // fdatasync nothing is known of what the file holds behind it. The group is written anew to a new segment, and this
  // is tried once before the failure counts.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!parts_.writer.is_open()) {
      if (const WriteOutcome opened = parts_.roller.open(size_); opened != WriteOutcome::kDone) {
        return opened;
      }
    }
    const auto durable = make_durable();
    if (durable) {
      parts_.availability.clear_disk_full();
      publish(*durable);
      complete(*durable, CommitResult::kDurable);
      parts_.tailer.ring_durable();
      commit_seconds_.observe(std::chrono::duration<double>(parts_.clock.mono() - begin).count());
      return WriteOutcome::kDone;
    }
    parts_.availability.fail_with(durable.error());
    parts_.writer.close(true);
  }
  return WriteOutcome::kFailed;
}

// Writes the group to the open segment and syncs it. Returns how many of its batches are durable. Where the disk has no
// room for all of them, half as many are tried, and so on; some may also be written already, by write_ahead(). The
// names of the files are checked last: what has no name is not durable, whatever the sync said.
Result<std::size_t> GroupCommit::make_durable() {
  SegmentWriter& writer = parts_.writer;
  std::size_t batches = group_.size();
  writer.seal(first(batches));
  Status durable = writer.write(first(batches));
  while (!durable && durable.error().code == ErrorCode::kNoSpace && batches > writer.written() + 1) {
    batches = writer.written() + (batches - writer.written()) / 2;
    durable = writer.write(first(batches));
  }
  if (!durable && durable.error().code == ErrorCode::kNoSpace && writer.written() > 0) {
    batches = writer.written();
    durable = {};
  }
  if (durable) {
    durable = writer.sync();
  }
  if (durable) {
    durable = parts_.presence.check();
  }
  return durable ? Result<std::size_t>(batches) : Result<std::size_t>(std::move(durable).error());
}

// Gives references to the records of the first `batches` to delivery, and moves the ends of the segment and of the
// journal behind them. Delivery may send them before their producers hear that they are durable, which is harmless.
void GroupCommit::publish(std::size_t batches) {
  Sequence next = parts_.end.next();
  std::uint64_t routed = 0;
  for (const auto& batch : first(batches)) {
    next = Sequence{next.value + batch->records()};
    routed += batch->routed();
  }
  parts_.dispatch.extend(next, routed);
  const auto& segment = parts_.writer.segment();
  std::uint64_t place = parts_.writer.offset();
  std::uint64_t last = place;
  std::uint64_t bytes = 0;
  for (const auto& batch : first(batches)) {
    const std::span<const std::byte> encoded = batch->encoded();
    for (std::size_t at = 0; at < encoded.size();) {
      const RecordHeader header = decode_record(&encoded[at]);
      last = place + at;
      parts_.dispatch.offer(segment, last, header, encoded.subspan(at));
      bytes += header.length;
      at += record_extent(header.length);
    }
    place += encoded.size();
  }
  parts_.writer.advance(place - parts_.writer.offset());
  parts_.end.advance(next, bytes, segment->id(), last);
}

// Hands the first `batches` back to their producers.
void GroupCommit::complete(std::size_t batches, CommitResult result) {
  for (std::size_t i = 0; i < batches; ++i) {
    size_ -= group_[i]->size();
    Producer& producer = group_[i]->producer();
    producer.committed(std::move(group_[i]), result);
  }
  group_.erase(group_.begin(), group_.begin() + static_cast<std::ptrdiff_t>(batches));
}

void GroupCommit::refuse_all(CommitResult result) {
  RESPAND_CHECK(parts_.writer.written() == 0);
  complete(group_.size(), result);
  while (parts_.queue.front() != nullptr) {
    std::unique_ptr<Batch> batch = parts_.queue.pop();
    Producer& producer = batch->producer();
    producer.committed(std::move(batch), result);
  }
}

}  // namespace respand::journal
