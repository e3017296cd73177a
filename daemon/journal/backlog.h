#pragma once
// Backlog: publishes references to durable records, in order, to the ring that workers take from. The references of a
// new group go straight into the ring. When the ring is full, which is normal, the backlog remembers its place, and
// reads the references back from the segments as room appears. While older records wait, new ones go into a lane of
// their own, where that is wanted and has room (fresh_lane.h); the backlog passes over them when it comes to them. Each
// record is published once. Journal thread, but for take(), take_fresh() and demand().

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
  // The most records that one refill() looks at, so that a commit waits for it a few milliseconds at most.
  static constexpr std::size_t kRefillBatch = 2048;

  // What the backlog needs of the journal.
  struct Hooks {
    std::function<bool(Sequence)> acked;  // whether the record was acknowledged before this start
    // Gives up records that can't be read any more, and says where they were.
    std::function<void(Sequence first, Sequence end, const Place&, std::string_view why)> lost;
    std::function<void(const Segment&, std::uint64_t offset, std::uint64_t end)> keep_aside;
    // Notes that these records were acknowledged: a compacted segment says so.
    std::function<void(Sequence first, Sequence end)> acked_before;
    // Reports a sound record of a kind that this version does not know. It is neither published nor acknowledged.
    std::function<void(const RecordHeader&, const Place&)> unknown;
    std::function<void()> wake;  // ends the journal thread's wait; any thread
  };

  // Records from `next_to_publish` up to `end` wait in the segments. `references`: the size of the ring and of the
  // lane.
  Backlog(const Segments& segments, Sequence next_to_publish, Sequence end, Hooks hooks, std::size_t references);

  // A group became durable: `end` is one past its last record. Its references follow in offer() calls. `routed` of its
  // records are for another way (route_backlog.h) and passed over here. `fresh`: they may go before older records.
  void extend(Sequence end, std::uint64_t routed, bool fresh, MonoTime now);
  // Offers a reference of the group just made durable; ignored while older ones wait in the segments.
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header);
  // Reads references back while the ring has room. Returns whether there may be more to do at once.
  bool refill();
  // Whether the last refill() ended because the disk could not be read: it is to be tried again in a while.
  [[nodiscard]] bool stalled() const { return stalled_; }
  // References published since the last call.
  [[nodiscard]] std::size_t take_published() { return std::exchange(published_, 0); }
  // Records that are not for delivery, passed over since the last call: to be acknowledged.
  [[nodiscard]] const std::vector<Ack>& passed_over() const { return passed_over_; }
  void forget_passed_over() { passed_over_.clear(); }
  // Closes these segments: their records are about to be moved.
  void leave(std::span<const SegmentId> segments) { scan_.leave(segments); }
  // Records below `floor` were dropped, and are not published any more.
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
  // Moves the place there, or behind the records that were published from there on.
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
  std::uint64_t in_order_ = 0;  // references that were ever published to the ring
  bool offers_fresh_ = false;   // whether the group that is offered may go before older records
  MonoTime now_{};              // when that group came
};

}  // namespace respand::journal
