#pragma once
// SpoolReader: a spool file as a row of records, each with its ordinal, and of what can't be a record the raw bytes, so
// that they can be put aside. Pull, one event at a time, bounded memory: the record being read, and a piece. The same
// file gives the same ordinals each time it is read. Spool thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/fs/directory.h"
#include "respand/record/frame.h"
#include "spool/name.h"
#include "spool/source.h"

namespace respand::spool {

// What tells that a file was written to.
struct SpoolStamp {
  std::uint64_t size = 0;
  std::int64_t changed = 0;  // mtime, nanoseconds since 1970
  friend bool operator==(const SpoolStamp&, const SpoolStamp&) = default;
};
// The stamp of an open file; nothing where the file system does not say.
[[nodiscard]] std::optional<SpoolStamp> stamp_of(const fs::DirectoryFile& file);

// Finds the end of an element that is too large, which ElementFramer passes over in silence.
struct SpoolGiant {
  std::uint64_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  bool done = false;
  [[nodiscard]] std::size_t feed(std::string_view bytes);  // how many of these belong to it
};

class SpoolReader {
 public:
  enum class Event : std::uint8_t {
    kMore,     // nothing yet: call again
    kRecord,   // text() is a record to be judged, ordinal() its number; raw() its bytes if it has to be refused
    kRefused,  // no record: refusal() says why, raw() are the first of its bytes; it has an ordinal too
    kRest,     // raw(): more bytes of what was refused last
    kEnd,      // all was read, and nobody wrote meanwhile
    kChanged,  // the file was written to meanwhile: what stands at its end may be half a record
    kDamaged,  // the packed data can't be unpacked any further: as kRefused
    kFailed,   // a read failed: os_error()
  };
  // Bytes as they stand in the file, in up to two pieces; an element of an array gets a line end.
  struct Raw {
    std::string_view head{};
    std::string_view tail{};
    bool add_line_end = false;
  };

  // `file` is borrowed. `stamp` is the file's when it was opened.
  SpoolReader(const fs::DirectoryFile& file, SpoolKind kind, Bytes max_record, SpoolStamp stamp);

  // All views hold until the next call.
  [[nodiscard]] Event next();
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint64_t ordinal() const { return at_.ordinals - 1; }
  [[nodiscard]] const record::Refusal& refusal() const { return refusal_; }
  [[nodiscard]] const Raw& raw() const { return raw_; }
  [[nodiscard]] int os_error() const { return source_.os_error(); }
  // Where the last record or refusal stands, for people: "line 3", "element 0", "line 3, element 1". Empty
  // where it is the file as a whole.
  [[nodiscard]] std::string place() const;
  // Unpacked bytes read so far.
  [[nodiscard]] std::uint64_t position() const { return at_.position; }

 private:
  // A line that is an array.
  struct LineArray {
    record::ElementFramer framer;
    std::string_view input;
    std::string_view undone;  // the line behind its last whole element
  };
  // Where the last frame stands.
  struct Place {
    std::uint64_t position = 0;
    std::uint64_t ordinals = 0;
    std::uint64_t line = 0;     // from 1
    std::uint64_t element = 0;  // one past it, in its array
    bool in_line_array = false;
  };

  Event fill();
  Event finish();
  Event next_line();
  Event line_done(std::string_view used);
  Event next_element();
  Event next_inner();
  Event giant();
  Event record(std::string_view text, Raw raw);
  Event refuse(record::Refusal refusal, Raw raw);
  Event too_large(Raw raw);
  void remember(std::string_view used);

  const fs::DirectoryFile& file_;
  const SpoolKind kind_;
  const Bytes max_record_;
  const SpoolStamp stamp_;
  SpoolSource source_;
  record::LineFramer lines_;
  record::ElementFramer elements_;       // of a *.json file
  std::optional<LineArray> line_array_;  // of a line that is one
  std::optional<SpoolGiant> giant_;      // of a *.json file
  std::string_view input_;               // of source_'s piece: not framed yet
  std::string pending_;                  // raw bytes of the frame that is incomplete
  bool pending_used_ = false;            // raw_ points into it: to be emptied at the next call
  bool long_line_ = false;               // within a line that was refused as too large
  bool broken_ = false;                  // within a text that can't go on
  bool finished_ = false;                // the last frame was taken out of the framer
  Place at_;
  std::string_view text_;
  record::Refusal refusal_;
  Raw raw_;
};

// Of a record as written, white space around it left out: tells a rewritten file (SpoolOrigin::crc).
[[nodiscard]] std::uint32_t crc_of(std::string_view record);

}  // namespace respand::spool
