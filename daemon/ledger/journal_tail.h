#pragma once
// JournalTail: the ledger's place in the journal: from where on it reads, what of that is committed, and which records
// it will never see. Used by Ledger; the ledger's thread.
//
// What holds: place() is one past what was read and is to be committed; a turn that fails in counting leaves it where
// it was; the journal keeps everything from the last committed() on, as far as it has the room.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "ledger/store.h"
#include "respand/base/result.h"
#include "respand/journal/tailer.h"
#include "respand/metrics/metrics.h"
#include "respand/queue/doorbell.h"

namespace respand::ledger {

class JournalTail {
 public:
  // Records of one turn, and so of one transaction: it stays small in memory, and a stop does not wait long for it.
  static constexpr std::size_t kMostATurn = 20'000;
  // Reads that fail in a row before a segment is given up.
  static constexpr int kMostReadFailures = 10;

  // Counts a record. An error ends the turn.
  using Visit = std::function<Status(const journal::TailedRecord&)>;

  // Attaches itself to the journal with these bells: `durable` says that there is more to read, `filled` that it should
  // be read now. `missed` counts records that are never read. All is borrowed; the journal's threads must not run yet.
  JournalTail(journal::JournalTailer& tailer, queue::Doorbell& durable, queue::Doorbell& filled,
              metrics::Counter missed);

  // Goes on where the rows of a store end. Where they are those of another journal, all that this one still has is to
  // be counted.
  void begin(const Place& counted);
  // Visits what is durable, at most kMostATurn records. An error of the visit undoes the turn: the same records come
  // again. An error of the disk is returned where nothing was read before it, and tried again; after kMostReadFailures
  // the segment counts as missed. Requires: !uncommitted().
  [[nodiscard]] Status read(const Visit& visit);
  // What was read is in the store: the journal need not keep it.
  void committed();

  // Up to where the rows count, once they are committed.
  [[nodiscard]] const Place& place() const { return place_; }
  // Whether the place has moved since committed().
  [[nodiscard]] bool uncommitted() const { return uncommitted_; }
  // Whether the last read() left something that it could have gone on with at once.
  [[nodiscard]] bool more() const { return turn_.more; }
  // Whether all that is durable was read.
  [[nodiscard]] bool at_end() const { return tailer_.durable_end() <= place_.next; }

 private:
  void skip_segment(const Error& why);

  journal::JournalTailer& tailer_;
  metrics::Counter missed_;
  Place place_;
  bool uncommitted_ = false;
  // No place can be behind this: the journal's end at the start, or what was committed since.
  Sequence most_;
  std::uint64_t counted_missed_ = 0;  // of place_.missed, in missed_
  journal::TailProgress turn_;        // the last one
  int read_failures_ = 0;             // in a row
};

}  // namespace respand::ledger
