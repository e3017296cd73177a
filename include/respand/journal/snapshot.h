#pragma once
// Snapshot: the state of the journal at one moment, for `status` and metrics. Condition: what keeps it from taking
// records, as a value that programs may act on (the text beside it is for people only). Made by Journal::snapshot();
// values, any thread.

#include <cstdint>
#include <string>

#include "respand/base/result.h"

namespace respand::journal {

// What keeps the journal from taking records.
enum class Condition : std::uint8_t {
  kNone,          // it takes records
  kFull,          // journal.max_size is reached
  kUnsyncedFull,  // the same, while records of a failed sync are to be written anew first
  kDiskFull,      // the disk or a quota has no room
  kNoInodes,      // the disk has room, but not for another file
  kFilesGone,     // its files were removed from under it, and can't be made anew
  kIoError,       // any other failure of the disk
};

// What a failed call of the file system means for the journal; never kNone.
[[nodiscard]] Condition condition_of(const Error& error) noexcept;

// The state at one moment.
struct Snapshot {
  std::uint64_t backlog_records = 0;       // durable and not acknowledged
  std::uint64_t backlog_bytes = 0;         // attributes and payloads
  std::uint64_t file_bytes = 0;            // of live segments; the segment that is written counts at its full size
  std::uint64_t open_bytes = 0;            // of that, what records take that are not acknowledged
  bool accepting = true;                   // false: records are refused
  Condition condition = Condition::kNone;  // also where writers wait and none is refused
  std::string issue;  // the condition in words, e.g. "write x: No space left on device"; empty: none
};

}  // namespace respand::journal
