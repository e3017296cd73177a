#pragma once
// The journal's interface for its second reader, the ledger: what stands in front of every durable record, in order,
// once, whatever delivery has made of it. The reader keeps its own place over restarts, and the journal keeps what it
// has not read yet, but no record waits for it: where the journal needs the room, unread segments go, and the reader is
// told.

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
  Sequence sequence;
  WallTime received;
  std::string_view attributes;  // tag, length, value; see find_attribute() in attributes.h
  ApiRoute route = ApiRoute::kRecords;
};

// What one turn of reading did.
struct TailProgress {
  Sequence next;              // the first one not looked at
  bool more = false;          // there is more to read at once
  std::uint64_t gone = 0;     // records passed over: their segments were given up for room, or are missing
  std::uint64_t unsound = 0;  // records passed over: their bytes on disk are not what was written
};

class JournalTailer {
 public:
  virtual ~JournalTailer() = default;
  // Of the journal: random, drawn when it was made. Sequences mean something within one journal only.
  [[nodiscard]] virtual std::uint64_t journal() const noexcept = 0;
  // One past the last durable record. Any thread.
  [[nodiscard]] virtual Sequence durable_end() const noexcept = 0;
  // There is a tailer: from now on nothing is given up for tidiness. `durable`, where armed, is rung when records
  // became durable; `filled` when a segment is full: one who waits before it reads should read now. Requires: called
  // once, before threads start; the bells outlive the journal's use.
  virtual void attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) = 0;
  // The tailer's place is `from` now (Sequence{0}: the oldest record that is still there), or the end where that
  // comes before it. Returns where that is. The tailer's thread.
  virtual Sequence begin(Sequence from) = 0;
  // Visits at most `most` durable records from the tailer's place on. An error is the disk's: the place stays where
  // the last visit left it (turn.next); try again, or step over with skip_segment(). The tailer's thread.
  virtual Status read_on(std::size_t most, const std::function<void(const TailedRecord&)>& visit,
                         TailProgress& turn) = 0;
  // Gives up on the segment that read_on() fails in. Returns how many records that passes over. The tailer's thread.
  virtual std::uint64_t skip_segment() = 0;
  // Nothing below `floor` is needed any more. The tailer's thread.
  virtual void unpin(Sequence floor) noexcept = 0;
};

}  // namespace respand::journal
