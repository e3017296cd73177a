#pragma once
// FreshLane: references to records that came in while older ones wait, so that workers can send some of them now
// (delivery.fresh_share, docs/decisions/0010). The records that went this way are remembered as ranges of sequences,
// and the backlog passes over these when it comes to them. Journal thread, but for take() and demand().
//
// Memory is bounded by the references of the ring and by kMaxRanges ranges. A record that finds the lane closed is left
// to the backlog, which holds it anyway. The lane closes
//   - when its first record has waited longer than kMostWait, because hardly any are taken; it opens again when the
//   wait
//     is down to kWaitToOpen;
//   - when as many records wait as workers take from both sides in kMostQueued (kFewest at least), or the ring is full,
//     because more come in than their share; it opens again at half of that. So the records that go this way are fresh,
//     and there are few holes between ranges;
//   - for a record that would begin a range, while there are kMaxRanges, until the backlog has passed over one.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "respand/base/units.h"
#include "respand/journal/reader.h"
#include "respand/queue/ring.h"

namespace respand::journal {

class FreshLane {
 public:
  // A range takes 16 bytes here, and as many in the cursor when it is acknowledged. An API that is too slow for long
  // makes a range every few seconds, so this many are enough for hours.
  static constexpr std::size_t kMaxRanges = 4096;
  static constexpr Duration kMostWait = std::chrono::seconds{1};
  static constexpr Duration kWaitToOpen = std::chrono::milliseconds{250};
  static constexpr Duration kMostQueued = std::chrono::milliseconds{750};
  static constexpr std::size_t kFewest = 64;
  // The time over which demand() is measured.
  static constexpr Duration kMeasured = std::chrono::seconds{1};

  // `references`: the most that wait to be taken; a power of two.
  explicit FreshLane(std::size_t references) : ring_(references) {}

  // Any thread.
  [[nodiscard]] bool take(Ref& out) noexcept { return ring_.try_pop(out); }
  // How many records come in for each that is taken; above 1 they come faster. 0: not known.
  [[nodiscard]] double demand() const noexcept { return demand_.load(std::memory_order_relaxed); }

  // A group of `records` came in; `taken_elsewhere` were taken from the backlog since the start.
  void begin_group(std::uint64_t records, std::uint64_t taken_elsewhere, MonoTime now);
  // Publishes a record that is not the backlog's next one. False where the lane is closed to it; `ref` is then as it
  // was.
  [[nodiscard]] bool push(Ref& ref, MonoTime now);
  // The same for the backlog's next record, which needs no range: the caller moves its place behind it.
  [[nodiscard]] bool push_next(Ref& ref, MonoTime now);
  // Has the backlog pass over the record, which is not published. False where there is no room for another range.
  [[nodiscard]] bool note(Sequence sequence);

  // Where the backlog goes on when it has come to `place`: there, or behind the records that were published from there
  // on. Forgets the ranges below.
  [[nodiscard]] Sequence pass(Sequence place);
  // Where the first range begins; ~0 where there is none. Requires: pass() was called for the backlog's place.
  [[nodiscard]] Sequence first() const { return ranges_.empty() ? Sequence{~0ULL} : ranges_.front().first; }
  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }

 private:
  struct Range {
    Sequence first;
    Sequence end;
  };
  // The records up to the `last`-th that was ever pushed came at this time or earlier.
  struct Push {
    std::uint64_t last;
    MonoTime at;
  };
  [[nodiscard]] std::uint64_t taken() const { return pushed_ - ring_.size(); }
  [[nodiscard]] bool has_room_for(Sequence sequence) const;
  void open_or_close(MonoTime now);
  void measure(MonoTime now, std::uint64_t taken_in_all);

  queue::Ring<Ref> ring_;
  std::atomic<double> demand_ = 0;  // a number that nothing else depends on: hence relaxed

  // Journal thread.
  std::deque<Range> ranges_;  // in order; disjoint, not touching, above the backlog's place
  std::deque<Push> pushes_;   // of what waits in the ring
  std::uint64_t pushed_ = 0;
  bool open_ = true;
  std::size_t most_ = kFewest;      // the most records that may wait
  std::uint64_t came_ = 0;          // records that came in since measured_at_
  std::uint64_t taken_before_ = 0;  // records that had been taken at measured_at_
  MonoTime measured_at_{};
};

}  // namespace respand::journal
