#pragma once
// Backlog: publishes references to durable records, in order, to the ring that workers take from. Fresh groups go
// straight in; when the ring is full, which is normal, the place is remembered and the references are read back from
// the segments as room appears. While older records wait, those that come in go into a lane of their own, where that is
// wanted and has room (fresh_lane.h); the place passes over them later. Each record is published once. Journal thread,
// but for take(), take_fresh() and demand().

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "journal/fresh_lane.h"
#include "journal/open_scan.h"
#include "journal/reference_ring.h"
#include "journal/segments.h"
#include "respand/journal/reader.h"

namespace respand::journal {

// Where in the journal something is, for messages.
struct Place {
  SegmentId segment;
  std::uint64_t offset = 0;
};

class Backlog {
 public:
  // Records that one refill() looks at: a commit never waits longer for it than a few milliseconds.
  static constexpr std::size_t kRefillBatch = 2048;

  // What the backlog needs of the journal.
  struct Hooks {
    std::function<bool(Sequence)> acked;  // was it acknowledged before this start?
    // Records that can't be read any more, and where they were.
    std::function<void(Sequence first, Sequence end, const Place&, std::string_view why)> lost;
    std::function<void(const Segment&, std::uint64_t offset, std::uint64_t end)> keep_aside;
    // What a compacted segment does not hold any more, because it was acknowledged.
    std::function<void(Sequence first, Sequence end)> acked_before;
    // A sound record of a kind that this version does not know: it stays where it is, neither published nor
    // acknowledged.
    std::function<void(const RecordHeader&, const Place&)> unknown;
    std::function<void()> wake;  // ends the journal thread's wait; any thread
  };

  // Records from `next_to_publish` up to `end` wait in the segments. `references`: at hand for the workers, in order
  // and before older ones each.
  Backlog(const Segments& segments, Sequence next_to_publish, Sequence end, Hooks hooks, std::size_t references);

  // A group became durable: `end` is one past its last record. Its references are given with offer() calls that follow;
  // `routed` of them are another backlog's (route_backlog.h), and passed over. `fresh`: they may go before older ones.
  void extend(Sequence end, std::uint64_t routed, bool fresh, MonoTime now);
  // Offers a reference of the group just made durable; ignored while older ones wait in the segments.
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header);
  // Reads references back while the ring has room. Returns whether there may be more to do at once.
  bool refill();
  // The last refill() ended because the disk did not let it read: try again in a while.
  [[nodiscard]] bool stalled() const { return stalled_; }
  // References published since the last call.
  [[nodiscard]] std::size_t take_published() { return std::exchange(published_, 0); }
  // Records that are not for delivery, passed over since the last call: to be acknowledged.
  [[nodiscard]] const std::vector<Ack>& passed_over() const { return passed_over_; }
  void forget_passed_over() { passed_over_.clear(); }
  // Lets go of these segments: what they hold is about to be elsewhere.
  void leave(std::span<const SegmentId> segments) { scan_.leave(segments); }
  // Records below `floor` were dropped: do not publish them.
  void skip_to(Sequence floor);

  // Any thread.
  [[nodiscard]] bool take(Ref& out) noexcept { return ring_.take(out, hooks_.wake); }
  [[nodiscard]] bool take_fresh(Ref& out) noexcept { return fresh_.take(out); }
  [[nodiscard]] double demand() const noexcept { return fresh_.demand(); }

 private:
  [[nodiscard]] bool open_next_segment();
  void look_at_next();
  void end_of_sound_records();
  void read_failed(const Error& failure);
  // The place goes there, or behind what was published from there on.
  void go_on(Sequence place) { next_ = fresh_.pass(place); }
  void lose_up_to(Sequence end, const Place& place, std::string_view why);
  [[nodiscard]] bool offer_fresh(Ref& ref);
  [[nodiscard]] bool pass_acked(const RecordHeader& header);
  [[nodiscard]] bool push(Ref& ref);
  [[nodiscard]] bool pass_over(const RecordHeader& header);

  const Segments& segments_;
  const Hooks hooks_;
  ReferenceRing ring_;
  FreshLane fresh_;

  // Journal thread.
  Sequence next_;  // the next one to publish in order; all below it are published
  Sequence end_;   // one past the last durable one
  OpenScan scan_;
  std::optional<Ref> unpushed_;
  bool stalled_ = false;
  std::uint32_t read_failures_ = 0;  // in a row
  std::vector<Ack> passed_over_;
  std::size_t published_ = 0;
  std::uint64_t in_order_ = 0;  // published to the ring, ever
  bool offers_fresh_ = false;   // the group that is offered may go before older ones
  MonoTime now_{};              // when it came
};

}  // namespace respand::journal
