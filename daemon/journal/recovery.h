#pragma once
// Recovery: finds out at a start what the journal's folder holds. It decides and does not guess: names and headers say
// which segments there are, the cursor says what is acknowledged, and of the newest segment as much is read as it takes
// to find where it ends. The time for it does not grow with the backlog. Main thread, before the journal's own starts.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/cursor.h"
#include "journal/end_mark.h"
#include "journal/format.h"
#include "journal/quarantine.h"
#include "journal/segments.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

// Records that are missing, and that nothing says were acknowledged.
struct Missing {
  Sequence first;
  Sequence end;
  std::uint64_t records = 0;  // how many of [first, end) were not acknowledged before
  SegmentId segment;          // where they were; 0: not known
  std::uint64_t offset = 0;
  std::string_view why;
};

struct Recovered {
  std::uint64_t journal = 0;
  std::vector<SegmentFile> live{};   // in order
  std::vector<SegmentFile> spare{};  // hold nothing that is needed
  Cursor cursor;
  EndMarkFile end;
  bool needs_repair =
      false;  // cursor and headers are damaged: only the records tell what is here, and no other field holds
  bool progress_lost = false;   // there are segments, but no cursor tells what of them is acknowledged
  bool unsaved = false;         // the cursor on disk says nothing of this journal
  CursorState progress{};       // floor and ranges fitted to the segments that exist
  Sequence next{};              // for the next record
  std::uint64_t appended = 0;   // bytes of all records ever appended
  std::vector<Missing> lost{};  // records that were acknowledged to their producers
  std::vector<Missing> torn{};  // records that were being written, unless the disk lost the mark of the end
};

// A newest segment up to this size is read as a whole, so that damage is found and reported at once. Of a larger one
// only the part behind the mark of its end is read.
inline constexpr std::uint64_t kReadWhole = 8U << 20;

// Requires: the folder exists and is locked by the caller.
[[nodiscard]] Result<Recovered> recover(fs::FileSystem& fs, const std::string& directory, Random& random,
                                        Quarantine& quarantine);

}  // namespace respand::journal
