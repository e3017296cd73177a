#pragma once
// Segment: an open segment file. SegmentIndex: where the records of a compacted segment are, for code that holds a
// reference from before. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "journal/format.h"
#include "respand/base/mutex.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

// The places of some of a segment's records, in order. A walk from one of them to any record before the next one reads
// at most kStride bytes and a record.
class SegmentIndex {
 public:
  static constexpr std::uint64_t kStride = 64 * 1024;
  struct Entry {
    Sequence sequence;
    std::uint64_t offset = 0;
  };
  // Notes a record where the last one noted is far enough behind it. In order.
  void add(const Entry& entry);
  // Where a search for the record begins; offset 0: at the segment's beginning.
  [[nodiscard]] Entry before(Sequence sequence) const;

 private:
  std::vector<Entry> entries_;
};

// Immutable once it is shared, but for let_go() and set_known_end(); its file is read by any thread, written by the
// journal thread only.
class Segment {
 public:
  Segment(SegmentName name, std::uint32_t stamp, std::unique_ptr<fs::File> file, std::uint32_t edition = 0,
          std::shared_ptr<const SegmentIndex> index = nullptr);
  [[nodiscard]] SegmentName name() const { return name_; }
  [[nodiscard]] SegmentId id() const { return name_.id; }
  [[nodiscard]] Sequence first() const { return name_.first; }
  [[nodiscard]] std::uint32_t stamp() const { return stamp_; }
  // How often the segment of this id was compacted. Offsets hold within one edition.
  [[nodiscard]] std::uint32_t edition() const { return edition_; }
  // Where the durable records end, as far as it is known: while the segment is written to it grows, and a segment that
  // was opened to be read has none.
  [[nodiscard]] std::uint64_t known_end() const { return known_end_.load(std::memory_order_relaxed); }
  // Journal thread.
  void set_known_end(std::uint64_t offset) { known_end_.store(offset, std::memory_order_relaxed); }
  // Null where the segment was not compacted in this run.
  [[nodiscard]] const SegmentIndex* index() const { return index_.get(); }
  // The file, never null. Its holder can read what the segment held even after let_go(); the file's room on the disk is
  // free when nobody holds it.
  [[nodiscard]] std::shared_ptr<fs::File> file() const;

  // The segment's records are elsewhere now, under the same sequences (Segments::find): from now on every call of
  // file() gives a file that fails with kNotFound. Journal thread.
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
  std::atomic<std::uint64_t> known_end_ = ~0ULL;  // a hint for readers, hence relaxed
  mutable LockGuarded<State> state_;
};

// A place that could not be read this often, while the rest of its segment can be read, counts as damage, so that
// nothing waits for it for ever.
inline constexpr std::uint32_t kReadPatience = 10;

// Whether the segment's first bytes can be read. Then a failure elsewhere in it concerns that place, not the whole
// disk.
[[nodiscard]] bool header_is_readable(const Segment& segment);

}  // namespace respand::journal
