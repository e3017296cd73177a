#pragma once
// Recovery: what a start finds in the journal's folder. It decides and does not guess: names and headers say which
// segments there are, the cursor what is acknowledged, and of the newest segment as much is read as it takes to find
// where it ends. The time it takes does not grow with the backlog. Main thread, before the journal's own starts.

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

// Sequences that are not there and that nothing says were acknowledged.
struct Missing {
  Sequence first;
  Sequence end;
  std::uint64_t records = 0;  // of them, not acknowledged before
  SegmentId segment;          // 0: none
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
      false;  // cursor and headers are damaged: what is here is told by its records only; nothing else holds
  bool progress_lost = false;   // there are segments, but no cursor tells what of them is acknowledged
  bool unsaved = false;         // the cursor on disk says nothing of this journal
  CursorState progress{};       // floor and ranges fitted to the segments that exist
  Sequence next{};              // for the next record
  std::uint64_t appended = 0;   // bytes of all records ever appended
  std::vector<Missing> lost{};  // were acknowledged
  std::vector<Missing> torn{};  // were not, unless the disk lost them
};

// Of a newest segment up to this size all is read, so that damage is found and said at once; of a larger one only what
// lies behind the mark of its end.
inline constexpr std::uint64_t kReadWhole = 8U << 20;

// Requires: the folder exists and is locked by the caller.
[[nodiscard]] Result<Recovered> recover(fs::FileSystem& fs, const std::string& directory, Random& random,
                                        Quarantine& quarantine);

}  // namespace respand::journal
