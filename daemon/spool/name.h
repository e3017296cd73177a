#pragma once
// What a file's name in the spool directory says of it (docs/records.md). Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace respand::spool {

enum class SpoolForm : std::uint8_t {
  kText,
  kLines
};  // *.json: an object or an array; *.ndjson, *.jsonl: a record a line
enum class SpoolPacking : std::uint8_t { kPlain, kGzip, kZstd };

struct SpoolKind {
  SpoolForm form = SpoolForm::kLines;
  SpoolPacking packing = SpoolPacking::kPlain;
};

enum class SpoolName : std::uint8_t {
  kTake,   // a spool file: `kind` says of which kind
  kLeave,  // not finished, or not meant for us: begins with '.', ends in .tmp or .part, or is our own folder of rejects
  kUnknown,  // no known ending: left alone too, but somebody may have meant it for us
};
[[nodiscard]] SpoolName judge_name(std::string_view name, SpoolKind& kind);

// A file that was read to its end has a name of the spool's own until it is removed, so that nobody can replace it, or
// open it by its name, between the last look at it and the removal: ".respand-taking-<8 hexadecimal digits>-<NAME>". A
// killed process leaves such names behind; the next start takes them as what they are, files named NAME.
inline constexpr std::string_view kTakingPrefix = ".respand-taking-";
// Of a NAME that would be too long with all that in front, only the end is kept: what follows from it is the file's
// kind.
[[nodiscard]] std::string taking_name(std::string_view name, std::uint32_t number);
// NAME, where it is such a name; else the name itself.
[[nodiscard]] std::string_view writers_name(std::string_view name);

inline constexpr const char* kRejectedFolder = "rejected";
// Files with these names that belong to the daemon's own user hold replayed dead letters: records that came in once
// before, filled in, masked and accounted for.
inline constexpr std::string_view kReplayPrefix = "respand-replay-";

}  // namespace respand::spool
