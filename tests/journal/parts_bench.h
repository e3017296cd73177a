#pragma once
// The lower parts of a journal without the journal: on a FaultFileSystem, with an empty folder. One thread; time stands
// still unless it is moved.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/acknowledgements.h"
#include "journal/durable_end.h"
#include "journal/log_tailer.h"
#include "journal/progress_signal.h"
#include "journal/retention_pins.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::journal {

class PartsBench {
 public:
  static constexpr std::uint64_t kJournal = 42;

  explicit PartsBench(Sync sync = Sync::kAlways) : settings(small_settings()) {
    settings.sync = sync;
    acknowledgements.emplace(CursorState{.journal = kJournal}, std::move(*Cursor::open(fs, settings.directory)), end,
                             pins, progress, clock);
  }

  // A batch of one record with this payload.
  std::unique_ptr<Batch> batch(const std::string& payload) {
    auto one = std::make_unique<Batch>(producer, Batch::encoded_size(0, payload.size()));
    payload.copy(one->begin(Kind::kCompletion, clock.wall(), {}, payload.size()), payload.size());
    one->end(payload.size());
    return one;
  }

  fs::FaultFileSystem fs;
  Settings settings;
  ManualClock clock;
  Recorder producer;
  const bool folder = fs.make_directories("/journal").has_value();
  queue::Sleeper sleeper;
  ProgressSignal progress{sleeper};
  Segments segments{fs, "/journal", kJournal, {Bytes{kSmallSegment}, Bytes{16 * kSmallSegment}}, {}, {}};
  DurableEnd end{kJournal, Sequence{1}, 0, std::move(*EndMarkFile::open(fs, "/journal")), clock};
  RetentionPins pins{end, progress, Sequence{~0ULL}, clock};
  std::optional<Acknowledgements> acknowledgements;
  LogTailer tailer{segments, end, pins};
  UnsyncedTail tail{segments, end, clock};
  SegmentWriter writer{settings, segments, end, tail, tailer, clock};
};

}  // namespace respand::journal
