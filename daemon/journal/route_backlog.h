#pragma once
// RouteBacklog: publishes references to durable bodies that are for another route than that of records, or go out under
// a key of api.keys. Each way (reader.h) has a ring, so that a way whose API does not answer, or whose key is wrong,
// holds up no other. Where a ring is full its way falls behind. When there is room again its references are read back
// from the segments up to the end, in one pass for all ways that are behind and have room. The way of a key comes into
// being with its first body. Damage is not reported here: the backlog of records reads the same segments and reports
// it. Journal thread, but for take(), ways() and way().

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "journal/format.h"
#include "journal/open_scan.h"
#include "journal/route_lanes.h"
#include "journal/segments.h"
#include "respand/base/log.h"
#include "respand/journal/reader.h"

namespace respand::journal {

class RouteBacklog {
 public:
  // References at hand for each way: fewer than for records, because there are many ways.
  static constexpr std::size_t kReferences = 512;
  // Records that one refill() looks at, as in Backlog.
  static constexpr std::size_t kRefillBatch = 2048;

  struct Hooks {
    std::function<bool(Sequence)> acked;  // was it acknowledged before this start?
    std::function<void()> wake;           // ends the journal thread's wait; any thread
  };

  // Bodies from `next` up to `end` wait in the segments.
  RouteBacklog(const Segments& segments, Sequence next, Sequence end, Hooks hooks,
               std::size_t references = kReferences);

  // A group became durable: `end` is one past its last record. Its bodies for these ways follow in offer() calls;
  // `key`: the name of the body's key.
  void extend(Sequence end) { end_ = end; }
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header,
             std::string_view key);
  // Reads references back. Returns whether there may be more to do at once.
  bool refill();
  [[nodiscard]] bool stalled() const { return stalled_; }
  // References published since the last call.
  [[nodiscard]] std::size_t take_published() { return std::exchange(published_, 0); }
  void leave(std::span<const SegmentId> segments) { scan_.leave(segments); }
  void skip_to(Sequence floor);

  // Any thread.
  [[nodiscard]] bool take(WayId way, Ref& out) noexcept { return lanes_.find(way)->ring.take(out, hooks_.wake); }
  [[nodiscard]] std::size_t ways() const noexcept { return lanes_.size(); }
  // Requires: 0 < id < ways().
  [[nodiscard]] const Way& way(WayId id) const { return lanes_.find(id)->way; }

 private:
  [[nodiscard]] RouteLane* lane_of(const RecordHeader& header, std::string_view key);
  [[nodiscard]] bool can_begin() const;
  void begin_reading();
  [[nodiscard]] bool anybody_reads() const;
  void end_reading();
  [[nodiscard]] bool open_next_segment();
  void look_at_next();
  void end_of_sound_records();
  void read_failed();
  void publish(const RecordHeader& header);
  [[nodiscard]] RouteLane* sound_lane(const RecordHeader& header);
  void key_unread(const RecordHeader& header);
  void fall_behind(RouteLane& lane, Sequence at);

  const Segments& segments_;
  const Hooks hooks_;
  RouteLanes lanes_;  // its own synchronisation

  // Journal thread.
  Behind unseen_;  // how far segments were read for ways that are not known yet
  log::LogThrottle too_many_gate_;
  Sequence end_;    // one past the last durable one
  Sequence place_;  // the next record to read back
  bool reads_ = false;
  OpenScan scan_;
  bool stalled_ = false;
  std::uint32_t read_failures_ = 0;
  std::uint32_t key_failures_ = 0;
  std::size_t published_ = 0;
};

}  // namespace respand::journal
