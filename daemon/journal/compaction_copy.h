#pragma once
// CompactionCopy: writes what is left of a run of segments to a file that is to take their place, a piece at a time.
// Open records stay whole, with their sequences, times of receipt and flags. Of an acknowledged record that somebody
// still looks for the attributes stay; all other records are left out. The record behind a gap says that the records in
// the gap were acknowledged, and a last record says up to where the run reached. Journal thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "journal/backlog.h"
#include "journal/copier.h"
#include "journal/segment_measure.h"
#include "journal/segment_walk.h"
#include "journal/segments.h"

namespace respand::journal {

class CompactionCopy {
 public:
  struct Settings {
    std::vector<Segments::Entry> run;  // neighbours, by id; at least one
    std::vector<SequenceRange> open;   // records of the run that are not acknowledged according to the cursor on disk
    SegmentReaders segment_readers;
    std::function<bool(const Segment&)> past_unreadable;
    std::function<void(Sequence first, Sequence end, const Place&, std::string_view why)> lost;
    std::function<void(const Segment&, std::uint64_t offset, std::uint64_t end)> keep_aside;
  };

  // `segments` is borrowed, and so is what the hooks of `settings` need.
  CompactionCopy(Segments& segments, Settings settings)
      : segments_(segments), settings_(std::move(settings)), open_(settings_.open) {}

  // Reads about so many bytes and writes what is left of them. The copy is synced in pieces, so that no sync takes
  // long. Returns whether the copy is complete and on the disk.
  [[nodiscard]] Result<bool> step(std::uint64_t bytes);

  [[nodiscard]] const std::vector<Segments::Entry>& run() const { return settings_.run; }
  [[nodiscard]] const SegmentReaders& segment_readers() const { return settings_.segment_readers; }
  // The segment that is being read, or in which a step failed.
  [[nodiscard]] SegmentId at() const;
  // Whether the last step() failed because that segment can't be read.
  [[nodiscard]] bool read_failed() const { return read_failed_; }
  [[nodiscard]] const std::shared_ptr<Segment>& copy() const { return copy_; }
  [[nodiscard]] std::shared_ptr<const SegmentIndex> index() const { return index_; }
  [[nodiscard]] std::uint64_t size() const { return copier_ ? copier_->end() : 0; }
  [[nodiscard]] std::uint64_t last_offset() const { return copier_->last(); }
  // The bytes that the copy keeps, counted as in SegmentMeasure::kept.
  [[nodiscard]] std::uint64_t kept() const { return size() - SegmentHeader::kSize; }

 private:
  [[nodiscard]] Status begin();
  [[nodiscard]] Status enter_next();
  [[nodiscard]] Status take();
  [[nodiscard]] Status put(ConstBytes record, const RecordHeader& header, std::uint8_t flags);
  [[nodiscard]] Status put_stub(const RecordHeader& of, std::string_view attributes);
  void pass_gap(Sequence end, bool known_acked);
  [[nodiscard]] Status end();
  [[nodiscard]] Status sync();
  [[nodiscard]] Sequence limit() const { return settings_.run.back().limit; }

  Segments& segments_;
  const Settings settings_;
  OpenRanges open_;
  std::shared_ptr<Segment> copy_;
  std::optional<Copier> copier_;
  const std::shared_ptr<SegmentIndex> index_ = std::make_shared<SegmentIndex>();
  std::optional<SegmentWalk> walk_;
  std::size_t next_ = 0;        // the segment of the run to read next
  Sequence looked_{};           // one past the last sequence that was looked at
  Sequence written_{};          // one past the last sequence that the copy holds
  WallTime received_{};         // of the last record that was looked at
  WallTime created_{};          // of the run's first segment
  std::uint64_t appended_ = 0;  // bytes of all records ever, up to the last one that was looked at
  std::uint64_t synced_ = 0;    // of the copy
  bool read_failed_ = false;
};

}  // namespace respand::journal
