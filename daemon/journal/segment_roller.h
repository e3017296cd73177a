#pragma once
// SegmentRoller: opens a segment to write to, and first removes what stands in the way: files that were removed are
// made anew, records of the last interval whose sync failed are written anew, room is made under journal.max_size.
// Journal thread.

#include <cstdint>

#include "journal/availability.h"
#include "journal/capacity.h"
#include "journal/file_presence.h"
#include "journal/segment_writer.h"
#include "journal/unsynced_tail.h"

namespace respand::journal {

// What became of an attempt to write; why it failed is in Availability::issue().
enum class WriteOutcome : std::uint8_t {
  kDone,
  kNoCapacity,  // journal.max_size is reached
  kFailed,      // the disk
};

class SegmentRoller {
 public:
  // What it works with, all borrowed.
  struct Parts {
    SegmentWriter& writer;
    UnsyncedTail& tail;
    Capacity& capacity;
    FilePresence& presence;
    Availability& availability;
  };
  SegmentRoller(const Parts& parts, Bytes segment_size) : parts_(parts), segment_size_(segment_size.value) {}

  // Opens a segment that has room for a group of so many bytes. Requires: none is open.
  [[nodiscard]] WriteOutcome open(std::uint64_t group);
  // Writes the unsynced tail anew, if there is one; its new segment is open then. Requires: none is open.
  [[nodiscard]] WriteOutcome rewrite_tail();
  // The same where it is due. Returns whether there was a tail and it is on the disk now.
  bool retry_tail(MonoTime now);

 private:
  const Parts parts_;
  const std::uint64_t segment_size_;
};

}  // namespace respand::journal
