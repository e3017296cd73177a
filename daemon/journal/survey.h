#pragma once
// Survey: reads a journal on disk record by record, and says what it holds and whether it is as it was written. It
// changes nothing. For `respand journal` and for repair.h; the daemon itself recovers (recovery.h) and does not read
// its backlog. Requires: the caller holds the journal's lock. One thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/cursor.h"
#include "journal/end_mark.h"
#include "journal/inventory.h"
#include "journal/scanner.h"

namespace respand::journal {

// Something that is not as it was written.
struct Damage {
  std::string file;  // its name in the journal's folder
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // bytes [begin, end)
  Sequence first;
  Sequence last_end;  // records [first, last_end) are not there; none where they are equal
  std::string what;
};

// A sound record.
struct Sound {
  const RecordHeader& header;
  std::string_view attributes;
  std::string_view payload;
  ConstBytes bytes;   // header, attributes, payload
  bool open = false;  // not acknowledged
};

struct SurveyedSegment {
  Found found;
  SegmentName name;                // which segment it is; its file may be called something else
  std::uint32_t stamp = 0;         // the stamp in its records
  bool adopted = false;            // the stamp is taken from a record, because all that tells the journal is damaged
  Sequence limit{~0ULL};           // the next segment's first
  Sequence next;                   // one past the last sound record
  std::uint64_t records = 0;       // without those of which only attributes are left
  std::uint64_t bytes = 0;         // attributes and payloads
  std::uint64_t unknown = 0;       // records of a kind that this version does not know
  std::uint64_t damaged_at = 0;    // pieces of Damage
  std::optional<WallTime> oldest;  // times of receipt
  std::optional<WallTime> newest;
};

struct Survey {
  std::uint64_t journal = 0;
  bool known = true;  // false: nothing tells which journal it is
  std::optional<CursorState> cursor;
  std::uint64_t cursor_generation = 0;
  std::optional<EndMark> end;
  std::vector<SurveyedSegment> segments;  // those that hold records, or held them; by id
  std::vector<Found> spare;
  std::vector<Found> strangers;  // copies, and other journals' segments
  std::vector<Damage> damage;
  AckedSet acked{Sequence{1}};     // with what is missing counted as open
  Sequence next{};                 // for the next record
  std::uint64_t records = 0;       // sound ones on disk
  std::uint64_t open_records = 0;  // those of them that are not acknowledged
  std::uint64_t open_bytes = 0;
  std::uint64_t missing = 0;  // open records that are not there
};

struct Observer {
  // Each sound record of a segment that has its payload, in order.
  std::function<void(const Sound&)> record{};
  std::function<void(std::uint64_t done, std::uint64_t total)> progress{};  // bytes of segments
};

// kNotFound where there is no journal, kUnsupported where it is of a newer format version.
[[nodiscard]] Result<Survey> survey(fs::FileSystem& fs, const std::string& directory, const Observer& observer);

// Whether a file whose header is damaged holds records of a journal that nothing else tells.
[[nodiscard]] bool holds_unnamed_records(fs::FileSystem& fs, const std::string& directory, const Found& found);

// Calls `record` for each sound record of a surveyed segment.
[[nodiscard]] Status visit_segment(fs::FileSystem& fs, const std::string& directory, const SurveyedSegment& segment,
                                   const std::function<void(const Sound&)>& record);

}  // namespace respand::journal
