#pragma once
// Recovery: what a start finds in the journal's folder. It decides and does not guess: names and headers say which
// segments there are, the cursor what is settled, and only the newest segment is read, to find where it ends. The time
// it takes does not grow with the backlog. Main thread, before the journal's own starts.

#include <cstdint>
#include <string>
#include <vector>

#include "journal/cursor.h"
#include "journal/format.h"
#include "journal/quarantine.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

struct Recovered {
  std::uint64_t journal = 0;
  std::vector<SegmentName> live{};   // in order
  std::vector<SegmentName> spare{};  // hold nothing that is needed
  Cursor cursor;
  CursorState progress{};      // floor and ranges fitted to the segments that exist
  Sequence next{};             // for the next record
  std::uint64_t appended = 0;  // bytes of all records ever appended
  // For the log.
  std::uint64_t torn_records =
      0;  // sequences of the newest segment that were never completed, hence never acknowledged
  std::uint64_t skipped_bytes = 0;  // between sound records of the newest segment; copies are in quarantine/
};

// Requires: the folder exists and is locked by the caller.
[[nodiscard]] Result<Recovered> recover(fs::FileSystem& fs, const std::string& directory, Random& random,
                                        Quarantine& quarantine);

}  // namespace respand::journal
