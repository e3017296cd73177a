#pragma once
// Repair: makes a damaged journal sound again, offline. All sound records stay under their sequences, segments get the
// right names and headers, and the cursor says that missing records are acknowledged. Where the cursor was lost,
// records are sent twice rather than not at all. Every file is copied to a backup folder before it is changed. A repair
// may be interrupted at any point and run again. Requires: the caller holds the journal's lock. One thread.

#include <string>
#include <vector>

#include "journal/survey.h"
#include "respand/base/clock.h"

namespace respand::journal {

struct Repaired {
  std::vector<Damage> damage;  // what there was; empty: nothing was changed
  std::vector<std::string> rewritten;
  std::vector<std::string> moved;  // to the backup: no segments of this journal
  std::uint64_t records = 0;       // on disk now
  std::uint64_t lost = 0;          // open ones that are gone
  std::string backup;              // the folder's name in the journal's; empty where none was needed
};

[[nodiscard]] Result<Repaired> repair(fs::FileSystem& fs, const std::string& directory, const Clock& clock,
                                      const Observer& observer);

}  // namespace respand::journal
