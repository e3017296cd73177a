#pragma once
// DurableEnd: where the durable records end, in memory for all threads and in the file `end` (end_mark.h) for the next
// start. Journal thread, but for next(), appended() and journal().

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
  // `next` and `appended` (bytes of all records ever) as recovery found them. `clock` is borrowed.
  DurableEnd(std::uint64_t journal, Sequence next, std::uint64_t appended, EndMarkFile file, const Clock& clock);

  // The sequence of the next record to become durable. Any thread.
  [[nodiscard]] Sequence next() const noexcept { return Sequence{next_.load()}; }
  // Bytes (attributes and payloads) of all durable records ever. Any thread.
  [[nodiscard]] std::uint64_t appended() const noexcept { return appended_.load(); }
  // The journal's id, a random number drawn when it was made. Any thread.
  [[nodiscard]] std::uint64_t journal() const noexcept { return journal_; }

  // Records up to `next` became durable, `bytes` long; the last one's header is at `offset` of `segment`.
  void advance(Sequence next, std::uint64_t bytes, SegmentId segment, std::uint64_t offset);
  // Notes that the last durable record is at another place now.
  void move(SegmentId segment, std::uint64_t offset);
  // Notes that the journal is being stopped, and that nothing is written behind the end. Where the file can't be
  // brought to the disk the next start reads more.
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
