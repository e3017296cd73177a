#pragma once
// JournalParts: the parts of the journal, wired together. Each part has its own header, which says what it is for and
// what holds in it. A part knows only parts that are declared before it.

#include <string_view>

#include "journal/acknowledgements.h"
#include "journal/attribute_history.h"
#include "journal/availability.h"
#include "journal/batch_queue.h"
#include "journal/capacity.h"
#include "journal/compaction.h"
#include "journal/dispatch.h"
#include "journal/durable_end.h"
#include "journal/file_presence.h"
#include "journal/full_policy.h"
#include "journal/group_commit.h"
#include "journal/journal_status.h"
#include "journal/log_tailer.h"
#include "journal/lost_records.h"
#include "journal/progress_signal.h"
#include "journal/reclaimer.h"
#include "journal/record_reader.h"
#include "journal/retention_pins.h"
#include "journal/segment_roller.h"
#include "journal/segment_writer.h"
#include "journal/segments.h"
#include "journal/settings.h"
#include "journal/settlement_view.h"
#include "journal/startup.h"
#include "journal/unsynced_tail.h"
#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/metrics/metrics.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {

struct JournalParts {
  // `fs`, `registry` and `clock` are borrowed.
  JournalParts(const Settings& settings, fs::FileSystem& fs, OpenedFolder folder, metrics::Registry& registry,
               const Clock& clock);

  const Settings settings;
  const Clock& clock;

  // The turn of the journal's thread: held while the parts below that are the journal thread's are used. A producer
  // that finds it free may write its batch itself (Journal::write_ahead).
  Mutex turn;

  // What any thread uses.
  queue::Sleeper sleeper;
  ProgressSignal progress;
  Segments segments;
  DurableEnd end;
  RetentionPins pins;
  Acknowledgements acknowledgements;
  Availability availability;
  RecordReader records;
  LostRecords lost;

  // The sides that others use the journal by.
  Dispatch dispatch;
  LogTailer tailer;
  AttributeHistory history;
  BatchQueue queue;
  JournalStatus status;
  SettlementView settlement;

  // The journal thread's.
  UnsyncedTail tail;
  SegmentWriter writer;
  Compaction compaction;
  Reclaimer reclaimer;
  Capacity capacity;
  FilePresence presence;
  SegmentRoller roller;
  GroupCommit group;
  FullPolicy full;
};

}  // namespace respand::journal
