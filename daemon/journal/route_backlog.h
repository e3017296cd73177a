#pragma once
// RouteBacklog: publishes references to durable bodies that are not for the route of records or go out under a key of
// api.keys, to a ring for each way (reader.h). So a way whose API does not answer, or whose key is wrong, holds up no
// other. Where a ring is full its way falls behind; its references are read back from the segments when there is room
// again, up to the end, those of all ways that are behind and have room together. The ways of keys come into being with
// their first body. It says nothing of damage: the backlog of records passes over the same segments, and
// does. Journal thread, but for take(), ways() and way().

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/format.h"
#include "journal/scanner.h"
#include "journal/segments.h"
#include "respand/base/api_route.h"
#include "respand/base/log.h"
#include "respand/journal/reader.h"
#include "respand/queue/ring.h"

namespace respand::journal {

class RouteBacklog {
 public:
  // References at hand of each way: fewer than of records, for there are at least six of them.
  static constexpr std::size_t kReferences = 512;
  // Records that one refill() looks at, as in Backlog.
  static constexpr std::size_t kRefillBatch = 2048;
  static constexpr std::uint32_t kReadPatience = 10;

  struct Hooks {
    std::function<bool(Sequence)> acked;  // was it acknowledged before this start?
    std::function<void()> wake;           // ends the journal thread's wait; any thread
  };

  // Bodies from `next` up to `end` wait in the segments.
  RouteBacklog(const Segments& segments, Sequence next, Sequence end, Hooks hooks,
               std::size_t references = kReferences);

  // A group became durable: `end` is one past its last record. Its bodies for other ways are given with offer() calls;
  // `key`: the name of theirs.
  void extend(Sequence end) { end_ = end; }
  void offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset, const RecordHeader& header,
             std::string_view key);
  // Reads references back. Returns whether there may be more to do at once.
  bool refill();
  [[nodiscard]] bool stalled() const { return stalled_; }
  // References published since the last call.
  [[nodiscard]] std::size_t take_published() { return std::exchange(published_, 0); }
  void leave(std::span<const SegmentId> segments);
  void skip_to(Sequence floor);

  // Any thread.
  [[nodiscard]] bool take(WayId way, Ref& out) noexcept;
  [[nodiscard]] std::size_t ways() const noexcept { return known_.load(std::memory_order_acquire); }
  // Requires: 0 < id < ways().
  [[nodiscard]] const Way& way(WayId id) const { return find(id)->way; }

 private:
  struct Behind {
    bool behind = false;   // bodies from `next` on wait in the segments
    bool reading = false;  // and are read back now
    Sequence next;
  };
  struct Lane : Behind {  // of Behind: journal thread
    Lane(WayId number, Way where, std::size_t references) : id(number), way(std::move(where)), ring(references) {}
    const WayId id;
    const Way way;
    queue::Ring<Ref> ring;
    std::atomic<bool> waits_for_room = false;  // journal sets, takers clear: call wake() when the ring is half empty
  };

  // Lives as long as this. Any thread, of a way that is known.
  [[nodiscard]] Lane* find(WayId id) const { return lanes_[id].load(std::memory_order_acquire); }
  [[nodiscard]] Lane* lane_of(const RecordHeader& header, std::string_view key);
  Lane& make(Way way, const Behind& from);
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
  [[nodiscard]] Lane* sound_lane(const RecordHeader& header);
  void key_unread(const RecordHeader& header);
  void fall_behind(Lane& lane, Sequence at);
  void forget_segment();

  const Segments& segments_;
  const Hooks hooks_;
  const std::size_t references_;
  std::array<std::atomic<Lane*>, kMostWays> lanes_{};  // by WayId; journal thread sets, each once
  std::atomic<std::size_t> known_{1};                  // the same: ways that lanes_ has, with 0, which is not here

  // Journal thread.
  std::vector<std::unique_ptr<Lane>> owned_;
  std::map<std::pair<ApiRoute, std::string>, Lane*, std::less<>> by_way_;
  Behind unseen_;  // bodies of ways that are not known yet
  log::LogThrottle too_many_gate_;
  Sequence end_;    // one past the last durable one
  Sequence place_;  // of the reading: the next one to look at
  bool reads_ = false;
  std::shared_ptr<const Segment> segment_;
  std::optional<Scanner> scanner_;
  bool stalled_ = false;
  std::uint32_t read_failures_ = 0;
  std::uint32_t key_failures_ = 0;
  std::size_t published_ = 0;
};

}  // namespace respand::journal
