#pragma once
// Segment: an open segment file. SegmentIndex: where in a compacted one its records are, for those who hold a reference
// to a record from before. Any thread.

#include <cstdint>
#include <memory>
#include <vector>

#include "journal/format.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

// Some of a segment's records, in order: a walk to any other from the one before it reads at most kStride bytes and a
// record.
class SegmentIndex {
 public:
  static constexpr std::uint64_t kStride = 64 * 1024;
  struct Entry {
    Sequence sequence;
    std::uint64_t offset = 0;
  };
  // Notes a record where the last one noted is far enough behind it. In order.
  void add(const Entry& entry);
  // Where to begin to look for the record; offset 0: at the segment's beginning.
  [[nodiscard]] Entry before(Sequence sequence) const;

 private:
  std::vector<Entry> entries_;
};

// Immutable once it is shared, but for let_go(); its file is read by any thread, written by the journal thread only.
class Segment {
 public:
  Segment(SegmentName name, std::uint32_t stamp, std::unique_ptr<fs::File> file, std::uint32_t edition = 0,
          std::shared_ptr<const SegmentIndex> index = nullptr);
  [[nodiscard]] SegmentName name() const { return name_; }
  [[nodiscard]] SegmentId id() const { return name_.id; }
  [[nodiscard]] Sequence first() const { return name_.first; }
  [[nodiscard]] std::uint32_t stamp() const { return stamp_; }
  // One more each time the segment of this id was compacted: offsets hold within one edition.
  [[nodiscard]] std::uint32_t edition() const { return edition_; }
  // Null where the segment was not compacted in this run.
  [[nodiscard]] const SegmentIndex* index() const { return index_.get(); }
  // Never null. Who holds it reads what the segment held, also when it was let go meanwhile; the file's room is free
  // when nobody does.
  [[nodiscard]] std::shared_ptr<fs::File> file() const;

  // What the segment held is elsewhere now, under the same sequences (Segments::find): from now on file() is one that
  // fails with kNotFound. Journal thread.
  void let_go();
  [[nodiscard]] bool gone() const;

 private:
  struct State {
    std::shared_ptr<fs::File> file;
    bool gone = false;
  };
  const SegmentName name_;
  const std::uint32_t stamp_;
  const std::uint32_t edition_;
  const std::shared_ptr<const SegmentIndex> index_;
  mutable LockGuarded<State> state_;
};

// A place that could not be read so often, while the rest of its segment can, is damage: it holds up nobody for ever.
inline constexpr std::uint32_t kReadPatience = 10;

// Whether its first bytes can be read: a failure elsewhere in it is then of that place, not of the whole disk.
[[nodiscard]] bool header_is_readable(const Segment& segment);

}  // namespace respand::journal
