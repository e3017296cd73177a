#pragma once
// RouteBacklog: publishes references to durable bodies that are not for the route of records (ApiRoute), to a ring for
// each route. So a route whose API does not answer holds up no other. Where a ring is full its route falls behind; its
// references are read back from the segments when there is room again, up to the end, those of all routes that are
// behind and have room together. It says nothing of damage: the backlog of records passes over the same segments, and
// does. Journal thread, but for take().

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "journal/format.h"
#include "journal/scanner.h"
#include "journal/segments.h"
#include "respand/base/api_route.h"
#include "respand/journal/outlet.h"
#include "respand/queue/ring.h"

namespace respand::journal {

class RouteBacklog {
 public:
  // References at hand of each route: fewer than of records, for there are six of them.
  static constexpr std::size_t kReferences = 512;
  // Records that one refill() looks at, as in Backlog.
  static constexpr std::size_t kRefillBatch = 2048;
  static constexpr std::uint32_t kReadPatience = 10;

  struct Hooks {
    std::function<bool(Sequence)> settled;  // was it settled before this start?
    std::function<void()> wake;             // ends the journal thread's wait; any thread
  };

  // Bodies from `next` up to `end` wait in the segments.
  RouteBacklog(const Segments& segments, Sequence next, Sequence end, Hooks hooks,
               std::size_t references = kReferences);

  // A group became durable: `end` is one past its last record. Its bodies for routes are given with offer() calls.
  void extend(Sequence end) { end_ = end; }
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header);
  // Reads references back. Returns whether there may be more to do at once.
  bool refill();
  [[nodiscard]] bool stalled() const { return stalled_; }
  // References published since the last call.
  [[nodiscard]] std::size_t take_published() { return std::exchange(published_, 0); }
  void leave(std::span<const SegmentId> segments);
  void skip_to(Sequence floor);

  // Any thread.
  [[nodiscard]] bool take(ApiRoute route, Ref& out) noexcept;

 private:
  struct Lane {
    explicit Lane(std::size_t references) : ring(references) {}
    queue::Ring<Ref> ring;
    std::atomic<bool> waits_for_room = false;  // journal sets, takers clear: call wake() when the ring is half empty
    // Journal thread.
    bool behind = false;   // bodies from `next` on wait in the segments
    bool reading = false;  // and are read back now
    Sequence next;
  };

  [[nodiscard]] Lane& lane(ApiRoute route) { return *lanes_[index_of(route) - 1]; }
  [[nodiscard]] bool has_room(const Lane& lane) const { return lane.ring.size() <= lane.ring.capacity() / 2; }
  [[nodiscard]] bool can_begin() const;
  void begin_reading();
  [[nodiscard]] bool anybody_reads() const;
  void end_reading();
  [[nodiscard]] bool open_next_segment();
  void look_at_next();
  void end_of_sound_records();
  void read_failed();
  void publish(const RecordHeader& header);
  void fall_behind(Lane& lane, Sequence at);
  void forget_segment();

  const Segments& segments_;
  const Hooks hooks_;
  std::array<std::unique_ptr<Lane>, kApiRoutes.size() - 1> lanes_;

  // Journal thread.
  Sequence end_;    // one past the last durable one
  Sequence place_;  // of the reading: the next one to look at
  bool reads_ = false;
  std::shared_ptr<const Segment> segment_;
  std::optional<Scanner> scanner_;
  bool stalled_ = false;
  std::uint32_t read_failures_ = 0;
  std::size_t published_ = 0;
};

}  // namespace respand::journal
