#pragma once
// SegmentTailer: the place of the journal's second reader (JournalTailer), and the walk from there. It keeps its
// segment open, and its scanner's place in it, so that each turn reads only what is new. The tailer's thread.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "journal/scanner.h"
#include "journal/segments.h"
#include "respand/journal/tailer.h"

namespace respand::journal {

class SegmentTailer {
 public:
  // Bytes that are read at once. They are few, because the end of the durable records is read again in each turn.
  static constexpr std::size_t kChunk = 64 * 1024;

  explicit SegmentTailer(const Segments& segments) : segments_(segments) {}

  void start(Sequence next) {
    leave_segment();
    parked_at_ = 0;
    next_ = next;
  }
  // As JournalTailer::read_on(); `end` is one past the last durable record.
  [[nodiscard]] Status read_on(Sequence end, std::size_t most, const std::function<void(const TailedRecord&)>& visit,
                               TailProgress& turn);
  std::uint64_t skip_segment(Sequence end);

 private:
  [[nodiscard]] Result<std::optional<Segments::Entry>> find_segment(Sequence end, TailProgress& turn);
  [[nodiscard]] Status open_segment(Sequence end, TailProgress& turn);
  [[nodiscard]] Status end_of_sound_records(Sequence end, TailProgress& turn);
  void leave_segment();
  void park();

  const Segments& segments_;
  Sequence next_;
  std::shared_ptr<const Segment> segment_;
  std::optional<Scanner> scanner_;
  SegmentId parked_in_;
  std::uint32_t parked_edition_ = 0;
  std::uint64_t parked_at_ = 0;  // where next_ is expected in that segment; 0: nowhere
};

}  // namespace respand::journal
