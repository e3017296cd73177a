#pragma once
// Acknowledgements: which records need no further work, and the cursor file that remembers it. A worker's turn updates
// the table and writes the cursor to the page cache, under one lock; the journal's thread brings the cursor to the disk
// a second later, or at once where a segment is to be given up.
//
// What holds: saved_ never says more than the cursor on disk does, and a segment goes only when saved_ covers it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/cursor.h"
#include "journal/durable_end.h"
#include "journal/progress_signal.h"
#include "journal/retention_pins.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/journal/reader.h"

namespace respand::journal {

class Acknowledgements {
 public:
  // The cursor reaches the disk this long after the first acknowledge that it does not hold.
  static constexpr Duration kCursorDelay = std::chrono::seconds{1};

  // Durable records that are not acknowledged.
  struct Open {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  // attributes and payloads

    // What they take in segments, with their headers.
    [[nodiscard]] std::uint64_t on_disk() const { return bytes + records * RecordHeader::kSize; }
  };
  // The table at one moment, for the records [first, end).
  struct Look {
    std::uint64_t open = 0;         // of these records
    std::uint64_t acked_bytes = 0;  // of the whole journal, ever
    Open all;
  };

  // `state` and `cursor` as recovery found them; the others are borrowed.
  Acknowledgements(CursorState state, Cursor cursor, const DurableEnd& end, const RetentionPins& pins,
                   ProgressSignal& progress, const Clock& clock);

  // Any thread.
  // As JournalReader::acknowledge().
  std::uint64_t acknowledge(std::span<const Ack> done);
  // Acknowledges [first, end), whose attributes and payloads are `bytes` long where that is known. Returns how many of
  // them were not acknowledged before; the cursor is not written before its time.
  std::uint64_t add_range(Sequence first, Sequence end, std::uint64_t bytes);
  // The same, and the cursor is in the page cache when it returns.
  std::uint64_t drop_range(Sequence first, Sequence end, std::uint64_t bytes);
  [[nodiscard]] bool contains(Sequence sequence) const;
  // The lowest sequence that is not acknowledged.
  [[nodiscard]] Sequence floor() const;
  // The ranges of [first, end) that are not acknowledged, in order.
  [[nodiscard]] std::vector<SequenceRange> open_in(Sequence first, Sequence end) const;
  [[nodiscard]] Open open() const;
  [[nodiscard]] Look look(Sequence first, Sequence end) const;

  // Journal thread.
  void save_if_due(MonoTime now);
  // When save_if_due() has something to do; MonoTime::max(): nothing is waiting.
  [[nodiscard]] MonoTime save_at() const { return save_at_; }
  // Brings the cursor to the disk. False where the disk does not take it; it is tried again after kCursorDelay.
  bool save();
  // Whether the cursor on disk says that all below `end` is acknowledged; it is saved where it does not, but not again
  // while it has just failed.
  bool save_below(Sequence end);
  // The ranges of [first, end) that are open as the cursor on disk has it, brought up to date; nothing where the disk
  // does not take it.
  [[nodiscard]] std::optional<std::vector<SequenceRange>> open_on_disk(Sequence first, Sequence end);
  // Makes the cursor's file anew in `directory`, where it was removed; not on the disk before save().
  [[nodiscard]] Status renew(const std::string& directory);

 private:
  struct Progress {
    CursorState state;
    Cursor cursor;
    log::LogThrottle failures;
  };
  [[nodiscard]] Open open(const Progress& progress) const;
  [[nodiscard]] bool failed_just_now() const { return save_failed_ && clock_.mono() < save_at_; }

  const DurableEnd& end_;
  const RetentionPins& pins_;
  ProgressSignal& signal_;
  const Clock& clock_;
  mutable LockGuarded<Progress> progress_;

  // Journal thread.
  AckedSet saved_{Sequence{0}};  // all that the cursor on disk says is acknowledged
  MonoTime save_at_ = MonoTime::max();
  bool save_failed_ = false;
  log::LogThrottle save_failures_;
};

}  // namespace respand::journal
