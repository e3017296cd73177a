#pragma once
// RecordReader: reads a durable record's bytes back through a reference to it. Compaction may have moved the record
// since the reference was made, and may move it during the read; the record is then looked up where it is now. Any
// thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/segments.h"
#include "respand/journal/reader.h"

namespace respand::journal {

class RecordReader {
 public:
  // Where a record is now.
  struct RecordPlace {
    std::shared_ptr<const Segment> segment;
    std::shared_ptr<const fs::File> file;
    std::uint64_t offset = 0;
  };

  // `segments` is borrowed.
  explicit RecordReader(const Segments& segments) : segments_(segments) {}

  // As JournalReader::append_request(); `attributes` and `window` may be null. After a failure `text` is unchanged.
  [[nodiscard]] Status append(const Ref& ref, std::string& text, std::string* attributes,
                              ReadWindow* window = nullptr) const;
  // As JournalReader::rest_is_readable().
  [[nodiscard]] bool rest_is_readable(const Ref& ref) const;
  // Where the record is now. kNotFound only where no segment holds it any more.
  [[nodiscard]] Result<RecordPlace> place_of(const Ref& ref) const;
  // Records below `limit` were dropped: append() finds none of them any more, even where somebody still holds their
  // segments. Journal thread.
  void forget_below(Sequence limit) { dropped_below_.store(limit.value, std::memory_order_relaxed); }

 private:
  [[nodiscard]] Status read_behind(std::size_t front, const Ref& ref, std::string& text, std::string* attributes,
                                   ReadWindow* window) const;
  [[nodiscard]] static bool copy_from(ReadWindow& window, const RecordPlace& place, const Ref& ref, std::byte* record);

  const Segments& segments_;
  std::atomic<std::uint64_t> dropped_below_ = 0;  // sequence; journal writes, readers may be late: hence relaxed
};

}  // namespace respand::journal
