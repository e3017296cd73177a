#pragma once
// Compactor: writes a run of old segments anew without what is acknowledged in them, so that a record that stays open
// takes its own room and no more (docs/decisions/0008). A piece of work at a time, so that groups become durable in
// between: segments are measured, a run is chosen (compaction_plan.h), its records are copied and synced
// (compaction_copy.h), and one rename puts the copy in the run's place. Journal thread.

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
  // A segment that can't be read is tried so often before what can be read of it is all there is.
  static constexpr std::uint32_t kPatience = kReadPatience;

  // At the records [first, end).
  struct Look {
    SegmentMeasures::Now now;
    std::uint64_t usual = 0;  // bytes that an open record of the journal takes, on the average
  };
  struct Hooks {
    std::function<Look(Sequence first, Sequence end)> look;
    std::function<Sequence()> durable_end;
    // The ranges of [first, end) that are not acknowledged.
    std::function<std::vector<SequenceRange>(Sequence first, Sequence end)> open;
    // The same as the cursor on disk has it, brought up to date; nothing where the disk does not take it.
    std::function<std::optional<std::vector<SequenceRange>>(Sequence first, Sequence end)> open_on_disk;
    // Open records that are damaged are lost, as where delivery reaches them.
    std::function<void(Sequence first, Sequence end, const Place&, std::string_view why)> lost;
    std::function<void(const Segment&, std::uint64_t offset, std::uint64_t end)> keep_aside;
    // These segments are about to be gone.
    std::function<void(std::span<const SegmentId>)> leave;
  };
  // Which segments a run may be made of, and what may go for it.
  struct Scope {
    bool newest = false;           // the newest one too; else it is being written
    bool ledger_gives_way = true;  // where else no run is worth it, what the ledger has not read may go
  };
  enum class Turn : std::uint8_t {
    kMore,     // there is more to do
    kDone,     // done() says what a run has become
    kNothing,  // there is no run that is worth it
    kFailed,   // failure(); the run is as it was
  };
  // What a run has become.
  struct Done {
    SegmentId segment;
    Sequence end;                   // one past the run's last sequence
    std::uint64_t last_offset = 0;  // of the record that says so
    std::uint64_t freed = 0;        // bytes, less those that were written
    Sequence ledger_lost_below{};   // what the ledger had not read below this is gone; 0: nothing
  };

  Compactor(Segments& segments, std::uint64_t segment_size, Hooks hooks)
      : segments_(segments), segment_size_(segment_size), hooks_(std::move(hooks)) {}

  // Reads about `bytes`, and writes no more.
  [[nodiscard]] Turn step(std::uint64_t bytes, const Scope& scope);
  [[nodiscard]] const Done& done() const { return done_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  // Whether it is amid something.
  [[nodiscard]] bool busy() const { return measuring_.has_value() || copy_.has_value(); }
  // Writes what must stay of one segment to a new file of its name: its own was removed, and is only held open.
  [[nodiscard]] Status rescue(Segments::Entry segment);
  // Forgets what it was at: segments have gone, or the disk is needed.
  void abandon();

 private:
  // What a segment is to the plan; nothing where it must be measured first.
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
