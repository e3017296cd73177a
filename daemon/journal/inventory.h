#pragma once
// Inventory: which files of the journal's folder are its segments, and of which journal. A segment's header, which has
// a checksum, is believed more than its name. Names and headers are read, and of a misnamed file as much as it takes to
// judge it; tidy() then puts right what a person or a creation that was cut left wrong. Main thread, at the start or
// offline.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/cursor.h"
#include "journal/format.h"
#include "journal/quarantine.h"
#include "respand/base/random.h"
#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::journal {

enum class Fate : std::uint8_t {
  kSegment,    // it is what its name says, as far as its header can tell
  kUnwritten,  // it was renamed for recycling, then the power went: what it held under its old name is acknowledged
  kMisnamed,   // a segment under a wrong name
  kDuplicate,  // a copy of a segment that is there under its own name
  kForeign,    // a segment of another journal, or one that does not fit into the order
};

struct Found {
  SegmentName name;
  HeaderState state = HeaderState::kBad;
  SegmentHeader header;  // where the state is kGood
  std::uint64_t size = 0;
  Fate fate = Fate::kSegment;
};

struct Inventory {
  std::uint64_t journal = 0;
  bool known = true;            // false: nothing tells which journal the segments are of; `journal` is a new one
  bool cursor_belongs = true;   // false: the cursor is of another journal and must not be believed
  std::vector<Found> segments;  // by id
};

// kUnsupported where a segment is of a newer format version.
[[nodiscard]] Result<Inventory> take_inventory(fs::FileSystem& fs, const std::string& directory,
                                               const std::optional<CursorState>& cursor, Random& random);
// Gives misnamed segments their names back, and moves duplicates and foreign files to quarantine/. The inventory then
// lists segments only, by id.
[[nodiscard]] Status tidy(fs::FileSystem& fs, const std::string& directory, Inventory& inventory,
                          Quarantine& quarantine);

}  // namespace respand::journal
