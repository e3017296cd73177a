#pragma once
// RecordLines: turns files of records (NDJSON, JSON arrays, pretty-printed objects) into lines for the socket, one
// record a line. What can't be a record is refused here and never sent, so that the daemon counts the same lines as we
// do. Used by `respand send`. One thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/origins.h"
#include "respand/record/frame.h"

namespace respand::cli {

class RecordLines {
 public:
  using Refused = std::function<void(Place, std::string_view why)>;

  // Lines are appended to `out` and noted in `origins`; all are borrowed. `max_record` limits the elements of arrays;
  // lines pass as they come and have no limit here.
  RecordLines(std::string& out, Origins& origins, Refused refused, Bytes max_record = record::kMaxRecord);

  // Begins the next file.
  void begin(std::uint32_t file);
  // Takes the next bytes of the file.
  void feed(std::string_view bytes);
  // Ends the file; a last line without \n counts.
  void finish();

 private:
  enum class State : std::uint8_t {
    kHead,  // collects what kind_of() needs
    kLineStart,
    kLine,  // inside a line that is sent
    kDrop,  // inside a line that was refused
    kElements,
    kSkip,  // the rest of this file can't be read
  };
  void head(std::string_view& bytes, bool whole);
  void line(std::string_view& bytes);
  void elements(std::string_view& bytes);
  void element(std::string_view frame);
  [[nodiscard]] bool array_ends(std::string_view bytes) const;
  void refuse(std::uint64_t line, std::string_view why) { refused_({file_, line}, why); }

  std::string& out_;
  Origins& origins_;
  Refused refused_;
  Bytes max_record_;
  State state_ = State::kHead;
  std::uint32_t file_ = 0;
  std::uint64_t line_ = 1;  // the line of the next byte
  bool at_start_ = true;    // at most a byte order mark of the file was taken so far
  std::string head_;
  std::optional<record::ElementFramer> framer_;
  bool array_ = false;    // framer_ reads an array
  bool between_ = false;  // framer_ is inside the array, but outside its elements
};

}  // namespace respand::cli
