#pragma once
// Compactor: copies a run of old segments without their acknowledged records, so that a record that stays open takes
// its own room and no more (docs/decisions/0008). It works in small pieces, so that groups become durable in between:
// segments are measured, a run is chosen (compaction_plan.h), its records are copied and synced (compaction_copy.h),
// and one rename puts the copy in the run's place. Journal thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "journal/backlog.h"
#include "journal/compaction_copy.h"
#include "journal/compaction_plan.h"
#include "journal/segment_measure.h"
#include "journal/segments.h"

namespace respand::journal {

class Compactor {
 public:
  // How often a segment that can't be read is tried. After that, the rest of it is copied without what can't be read.
  static constexpr std::uint32_t kPatience = kReadPatience;

  // What the journal says of the records [first, end).
  struct Look {
    SegmentMeasures::Now now;
    std::uint64_t usual = 0;  // the average size on disk of an open record of the journal
  };
  struct Hooks {
    std::function<Look(Sequence first, Sequence end)> look;
    std::function<Sequence()> durable_end;
    // The ranges of [first, end) that are not acknowledged.
    std::function<std::vector<SequenceRange>(Sequence first, Sequence end)> open;
    // The same according to the cursor on disk, which is saved before; nothing where it can't be saved.
    std::function<std::optional<std::vector<SequenceRange>>(Sequence first, Sequence end)> open_on_disk;
    // Gives up open records that are damaged, as delivery does when it reaches them.
    std::function<void(Sequence first, Sequence end, const Place&, std::string_view why)> lost;
    std::function<void(const Segment&, std::uint64_t offset, std::uint64_t end)> keep_aside;
    // Closes these segments wherever they are read: they are about to be replaced.
    std::function<void(std::span<const SegmentId>)> leave;
  };
  // Which segments a run may be made of, and what may go for it.
  struct Scope {
    bool newest = false;           // the newest segment too; false: it is being written
    bool ledger_gives_way = true;  // where no other run is worth it, what the ledger has not read may be left out
  };
  enum class Turn : std::uint8_t {
    kMore,     // there is more to do
    kDone,     // a run was replaced: done() says by what
    kNothing,  // no run is worth it
    kFailed,   // failure() says why; the run is as it was
  };
  // What a run has become.
  struct Done {
    SegmentId segment;
    Sequence end;                   // one past the run's last sequence
    std::uint64_t last_offset = 0;  // of the copy's last record
    std::uint64_t freed = 0;        // bytes that the files take less than before
    Sequence ledger_lost_below{};   // records below this that the ledger had not read are gone; 0: none
  };

  Compactor(Segments& segments, std::uint64_t segment_size, Hooks hooks)
      : segments_(segments), segment_size_(segment_size), hooks_(std::move(hooks)) {}

  // Does one piece of work: reads about `bytes`, and writes at most as many.
  [[nodiscard]] Turn step(std::uint64_t bytes, const Scope& scope);
  [[nodiscard]] const Done& done() const { return done_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  // Whether a measurement or a copy has begun and is not finished.
  [[nodiscard]] bool busy() const { return measuring_.has_value() || copy_.has_value(); }
  // Copies what must stay of a segment to a new file of its name: its own file was removed, and is only held open.
  [[nodiscard]] Status rescue(Segments::Entry segment);
  // Gives up what was begun: segments have gone, or the room on the disk is needed.
  void abandon();

 private:
  // What the plan takes a segment to hold; nothing where it must be measured first.
  [[nodiscard]] std::optional<SegmentMeasure> measure_of(const Segments::Entry& entry, const Look& look,
                                                         bool suspects) const;
  [[nodiscard]] std::vector<Segments::Entry> candidates(const Scope& scope);
  [[nodiscard]] Turn plan(const Scope& scope, bool suspects);
  [[nodiscard]] bool still_there(std::span<const Segments::Entry> run) const;
  [[nodiscard]] Turn begin_measuring(const Segments::Entry& entry, const SegmentMeasures::Now& now);
  [[nodiscard]] CompactionCopy::Settings copy_settings(std::span<const Segments::Entry> run,
                                                       std::vector<SequenceRange> open);
  [[nodiscard]] Turn begin_copy(std::span<const Segments::Entry> run, bool without_ledger);
  [[nodiscard]] Turn go_on_measuring(std::uint64_t bytes);
  [[nodiscard]] Turn go_on_copying(std::uint64_t bytes);
  [[nodiscard]] Turn put_in_place();
  [[nodiscard]] Turn fail(const Error& why);
  [[nodiscard]] Turn fail_to_read(const Error& why, SegmentId segment);
  [[nodiscard]] bool past_unreadable(const Segment& segment) const;

  Segments& segments_;
  const std::uint64_t segment_size_;
  const Hooks hooks_;
  SegmentMeasures measures_;
  std::optional<SegmentMeasuring> measuring_;
  std::optional<CompactionCopy> copy_;
  std::map<std::uint64_t, std::uint32_t> failures_;  // by segment, in a row
  Done done_;
  std::optional<Error> failure_;
};

}  // namespace respand::journal
