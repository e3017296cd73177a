#pragma once
// Snapshot: one look at the journal, for `status` and metrics, and Condition: what keeps it from taking records, as a
// value that programs may act on (the text beside it is for people only). Made by Journal::snapshot(); values, any
// thread.

#include <cstdint>
#include <string>

#include "respand/base/result.h"

namespace respand::journal {

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

struct Snapshot {
  std::uint64_t backlog_records = 0;
  std::uint64_t backlog_bytes = 0;  // attributes and payloads
  std::uint64_t file_bytes = 0;     // live segments; the one that is written, at its full size
  std::uint64_t open_bytes = 0;     // of that, what records take that are not acknowledged
  bool accepting = true;
  Condition condition = Condition::kNone;
  std::string issue;  // the condition in words, e.g. "write x: No space left on device"; empty: none
};

}  // namespace respand::journal
