#pragma once
// The journal's interface for its second reader, the ledger, which sees the attributes of every durable record, in
// order and once, whatever delivery has made of the record. The reader keeps its own place over restarts, and the
// journal keeps what it has not read yet. But no record waits for it: where the journal needs the room, unread segments
// go, and the reader is told.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "respand/base/api_route.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/journal/attributes.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {

// A durable record as a tailer sees it. The view holds until the visit returns.
struct TailedRecord {
  // From the record's header: its place, and when it came in.
  Sequence sequence;
  WallTime received;
  std::string_view attributes;          // a list; see find_attribute() in attributes.h
  ApiRoute route = ApiRoute::kRecords;  // where it is posted
};

// What one turn of reading did.
struct TailProgress {
  Sequence next;              // the first record that was not looked at
  bool more = false;          // there is more to read at once
  std::uint64_t gone = 0;     // records passed over: their segments were given up for room, or are missing
  std::uint64_t unsound = 0;  // records passed over: their bytes on disk are not what was written
};

// The interface. There is one tailer.
class JournalTailer {
 public:
  virtual ~JournalTailer() = default;
  // The journal's id, a random number drawn when it was made. Sequences mean something within one journal only.
  [[nodiscard]] virtual std::uint64_t journal() const noexcept = 0;
  // One past the last durable record. Any thread.
  [[nodiscard]] virtual Sequence durable_end() const noexcept = 0;
  // Says that there is a tailer: from now on no segment that it has not read goes, unless its room is needed.
  // `durable`, where armed, is rung when records became durable, and `filled` when a segment is full, so that a tailer
  // that waits for more reads now. Requires: called once, before threads start; the bells outlive the journal's use.
  virtual void attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) = 0;
  // Sets the tailer's place to `from` (Sequence{0}: the oldest record that is still there), or to the end of the
  // journal where that comes first. Returns the place. The tailer's thread.
  virtual Sequence begin(Sequence from) = 0;
  // Visits at most `most` durable records from the tailer's place on. After an error, which is the disk's, the place is
  // behind the last record that was visited (turn.next): the caller tries again, or passes over the segment with
  // skip_segment(). The tailer's thread.
  virtual Status read_on(std::size_t most, const std::function<void(const TailedRecord&)>& visit,
                         TailProgress& turn) = 0;
  // Passes over the rest of the segment in which read_on() fails. Returns how many records that are. The tailer's
  // thread.
  virtual std::uint64_t skip_segment() = 0;
  // Says that the tailer does not need records below `floor` any more. The tailer's thread.
  virtual void unpin(Sequence floor) noexcept = 0;
};

}  // namespace respand::journal
