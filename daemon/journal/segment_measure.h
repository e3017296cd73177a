#pragma once
// SegmentMeasures: what each old segment would leave if it were compacted (compactor.h). Measuring is a walk over the
// segment's headers, a piece at a time. It is done again when enough may have changed. Journal thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "journal/segment_walk.h"
#include "journal/segments.h"

namespace respand::journal {

// Who still looks for acknowledged records.
struct SegmentReaders {
  Sequence spool{~0ULL};   // from here on the spool looks for where records came from
  Sequence ledger{~0ULL};  // from here on the ledger looks for all attributes

  [[nodiscard]] Sequence first() const { return std::min(spool, ledger); }
};

// The attributes of an acknowledged record that somebody still looks for: all, or the spool's alone; nothing where
// nobody looks for the record.
[[nodiscard]] std::optional<std::string_view> looked_for(const SegmentReaders& segment_readers,
                                                         const RecordHeader& record, std::string_view attributes);

struct SegmentMeasure {
  std::uint32_t edition = 0;
  std::uint64_t open = 0;                 // its open records at that time
  Sequence stubs_from{~0ULL};             // SegmentReaders::first() at that time, within the segment
  std::uint64_t acked_bytes = 0;          // of the whole journal, at that time
  std::uint64_t kept = 0;                 // bytes of open records, and of what is looked for
  std::uint64_t kept_without_ledger = 0;  // the same where the ledger gives way
};

class SegmentMeasures {
 public:
  // A segment up to this size is measured again after any change, a larger one only after a change of an eighth of it.
  static constexpr std::uint64_t kSmall = 1U << 20;

  struct Now {
    std::uint64_t open = 0;  // records of the segment
    SegmentReaders segment_readers;
    std::uint64_t acked_bytes = 0;
  };
  // The segment's measure; nothing where it must be measured first.
  [[nodiscard]] std::optional<SegmentMeasure> find(const Segments::Entry& entry, const Now& now) const;
  void put(SegmentId id, const SegmentMeasure& measure) { known_[id.value] = measure; }
  void erase(SegmentId id) { known_.erase(id.value); }
  // Forgets the segments before this one, which are gone.
  void forget_before(SegmentId id) { known_.erase(known_.begin(), known_.lower_bound(id.value)); }

 private:
  std::map<std::uint64_t, SegmentMeasure> known_;
};

// One segment being measured.
class SegmentMeasuring {
 public:
  SegmentMeasuring(const Segments::Entry& entry, std::shared_ptr<Segment> segment, std::vector<SequenceRange> open,
                   const SegmentMeasures::Now& now, bool past_unreadable);
  // Reads about so many bytes. Returns whether the measure is complete.
  [[nodiscard]] Result<bool> step(std::uint64_t bytes);
  [[nodiscard]] SegmentId segment() const { return walk_.segment().id(); }
  [[nodiscard]] const SegmentMeasure& measure() const { return measure_; }

 private:
  [[nodiscard]] Status add(Scanner& scanner);

  SegmentWalk walk_;
  OpenRanges open_;
  const SegmentReaders lookers_;
  SegmentMeasure measure_;
};

}  // namespace respand::journal
