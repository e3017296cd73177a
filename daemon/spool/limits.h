#pragma once
// The limits and times of the spool, each with its reason. Used by its parts and by their tests.

#include <cstddef>
#include <cstdint>

#include "respand/base/units.h"

namespace respand::spool {

// Files open at once: enough that small ones share a commit, few enough for the usual limit of 1,024 descriptors.
inline constexpr std::size_t kMaxOpenFiles = 256;
// Encoded bytes on their way to the journal; one record may go over it.
inline constexpr std::size_t kMaxBytes = 8U << 20;
// Work of one step, in bytes read: a stop waits no longer than this takes.
inline constexpr std::uint64_t kStepBytes = 1U << 20;
// Bytes read of a file before others have a turn.
inline constexpr std::uint64_t kTurn = 1U << 20;
// Files that are being read beside the one whose turn it is: each may need the memory of a record, and of a window.
inline constexpr std::size_t kMaxLarge = 3;
// What the notices miss (another host's writes on a network file system) is found this late.
inline constexpr Duration kScanInterval = std::chrono::seconds{30};
// After kFull, a full ring or a failed sync.
inline constexpr Duration kRetryInterval = std::chrono::seconds{1};
// After a file could not be taken to its end for a reason that only an operator can remove. Each try reads the file
// anew, so it must not come too often.
inline constexpr Duration kLongInterval = std::chrono::minutes{5};
// After a file could not be read, or its rejects could not be written.
inline constexpr Duration kIssueInterval = std::chrono::seconds{30};
// After the directory could not be opened.
inline constexpr Duration kOpenInterval = std::chrono::seconds{5};
// A directory that can't be opened for so long is given up for now: the journal can't keep the evidence of what was
// taken from it for ever. Of files that a kill had left half taken, records may then be taken twice when it is back.
inline constexpr Duration kEvidenceWait = std::chrono::minutes{10};

}  // namespace respand::spool
