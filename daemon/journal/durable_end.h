#pragma once
// DurableEnd: one past the last durable record, in memory for all threads and in the file `end` (end_mark.h) for the
// next start. Journal thread, but for next() and appended().

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "journal/end_mark.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"

namespace respand::journal {

class DurableEnd {
 public:
  // Where recovery found the end; `appended`: bytes of all records ever. `clock` is borrowed.
  DurableEnd(std::uint64_t journal, Sequence next, std::uint64_t appended, EndMarkFile file, const Clock& clock);

  // The sequence of the next record to become durable. Any thread.
  [[nodiscard]] Sequence next() const noexcept { return Sequence{next_.load()}; }
  // Bytes (attributes and payloads) of all durable records ever. Any thread.
  [[nodiscard]] std::uint64_t appended() const noexcept { return appended_.load(); }
  // Of the journal: random, drawn when it was made. Any thread.
  [[nodiscard]] std::uint64_t journal() const noexcept { return journal_; }

  // Records up to `next` became durable, `bytes` long; the last one's header is at `offset` of `segment`.
  void advance(Sequence next, std::uint64_t bytes, SegmentId segment, std::uint64_t offset);
  // The last durable record is at another place now.
  void move(SegmentId segment, std::uint64_t offset);
  // The journal is being stopped: nothing is written behind the end. The file is on the disk when this returns, or the
  // next start reads more.
  void close();
  // Makes the file anew in `directory`, where it was removed. An error is the disk's.
  [[nodiscard]] Status renew(fs::FileSystem& fs, const std::string& directory);

 private:
  void note();

  const std::uint64_t journal_;
  const Clock& clock_;
  std::atomic<std::uint64_t> next_;      // journal thread writes
  std::atomic<std::uint64_t> appended_;  // the same

  // Journal thread.
  EndMarkFile file_;
  std::optional<EndMark> mark_;  // of what this run wrote
  log::LogThrottle failures_;
};

}  // namespace respand::journal
