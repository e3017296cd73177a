#pragma once
// Acknowledgements: which records need no further work, and the cursor file that remembers it. A worker updates the
// table and writes the cursor to the page cache once for each of its turns, under one lock. The journal's thread brings
// the cursor to the disk a second later, or at once where a segment is to be given up.
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
  // The cursor is brought to the disk this long after the first acknowledgement that it does not hold there.
  static constexpr Duration kCursorDelay = std::chrono::seconds{1};

  // Durable records that are not acknowledged.
  struct Open {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  // attributes and payloads

    // What they take in segments, with their headers.
    [[nodiscard]] std::uint64_t on_disk() const { return bytes + records * RecordHeader::kSize; }
  };
  // What the table says at one moment of the records [first, end), and of the whole journal.
  struct Look {
    std::uint64_t open = 0;         // how many of these records are not acknowledged
    std::uint64_t acked_bytes = 0;  // of all records that were ever acknowledged
    Open all;
  };

  // `state` and `cursor` as recovery found them; the others are borrowed.
  Acknowledgements(CursorState state, Cursor cursor, const DurableEnd& end, const RetentionPins& pins,
                   ProgressSignal& progress, const Clock& clock);

  // Any thread.
  // As JournalReader::acknowledge().
  std::uint64_t acknowledge(std::span<const Ack> done);
  // Acknowledges [first, end), whose attributes and payloads are `bytes` long where that is known. Returns how many of
  // them were not acknowledged before. The cursor is written with the next change that writes it.
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
  // Brings the cursor to the disk. False where that fails; save_if_due() tries again after kCursorDelay.
  bool save();
  // Whether the cursor on disk says that all records below `end` are acknowledged. Where it does not, it is saved
  // first, unless saving it has failed within the last kCursorDelay.
  bool save_below(Sequence end);
  // Saves the cursor, and returns the ranges of [first, end) that are open according to it; nothing where it can't be
  // saved.
  [[nodiscard]] std::optional<std::vector<SequenceRange>> open_on_disk(Sequence first, Sequence end);
  // Makes the cursor's file anew in `directory`, where it was removed. It is on the disk after the next save().
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
