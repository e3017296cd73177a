#include "journal/route_backlog.h"

#include <algorithm>
#include <utility>

#include "respand/journal/attributes.h"

namespace respand::journal {

RouteBacklog::RouteBacklog(const Segments& segments, Sequence next, Sequence end, Hooks hooks, std::size_t references)
    : segments_(segments),
      hooks_(std::move(hooks)),
      references_(references),
      unseen_{.behind = next < end, .next = next},
      end_(end),
      place_(next) {
  for (std::size_t route = 1; route < kApiRoutes.size(); ++route) {
    make({static_cast<ApiRoute>(route), {}}, unseen_);
  }
}

RouteBacklog::Lane& RouteBacklog::make(Way way, const Behind& from) {
  const auto id = static_cast<WayId>(owned_.size() + 1);
  Lane& lane = *owned_.emplace_back(std::make_unique<Lane>(id, std::move(way), references_));
  static_cast<Behind&>(lane) = from;
  by_way_.emplace(std::pair(lane.way.route, lane.way.key), &lane);
  lanes_[id].store(&lane, std::memory_order_release);
  known_.store(std::size_t{id} + 1, std::memory_order_release);
  return lane;
}

// Null where there are too many.
RouteBacklog::Lane* RouteBacklog::lane_of(const RecordHeader& header, std::string_view key) {
  if (key.empty()) {
    return find(way_of(header.route));
  }
  const auto known = by_way_.find(std::pair(header.route, std::string(key)));
  if (known != by_way_.end()) {
    return known->second;
  }
  if (owned_.size() + 1 >= kMostWays) {
    if (too_many_gate_.open(MonoTime{})) {
      log::error("bodies of too many keys wait in the journal: those of this one are delivered after a restart",
                 {{"key", key}});
    }
    return nullptr;
  }
  // What the reading has passed by is known by now.
  const Sequence next = unseen_.reading ? std::min(place_, header.sequence) : unseen_.next;
  return &make({header.route, std::string(key)}, {.behind = unseen_.behind, .reading = unseen_.reading, .next = next});
}

void RouteBacklog::fall_behind(Lane& lane, Sequence at) {
  lane.behind = true;
  lane.reading = false;
  lane.next = at;
  lane.waits_for_room.store(true, std::memory_order_seq_cst);
}

void RouteBacklog::offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset,
                         const RecordHeader& header, std::string_view key) {
  Lane* const to = lane_of(header, key);
  if (to == nullptr || to->behind) {
    return;  // it is read back later
  }
  Ref ref{segment, offset, header.length, header.sequence, header.received, header.route, to->id};
  if (to->ring.try_push(ref)) {
    ++published_;
  } else {
    fall_behind(*to, header.sequence);
  }
}

bool RouteBacklog::take(WayId way, Ref& out) noexcept {
  Lane& from = *find(way);
  const bool taken = from.ring.try_pop(out);
  if (from.waits_for_room.load(std::memory_order_seq_cst) && has_room(from) &&
      from.waits_for_room.exchange(false, std::memory_order_seq_cst)) {
    hooks_.wake();
  }
  return taken;
}

bool RouteBacklog::can_begin() const {
  return unseen_.behind || std::any_of(owned_.begin(), owned_.end(),
                                       [this](const auto& lane) { return lane->behind && has_room(*lane); });
}

bool RouteBacklog::anybody_reads() const {
  return unseen_.reading || std::any_of(owned_.begin(), owned_.end(), [](const auto& lane) { return lane->reading; });
}

void RouteBacklog::begin_reading() {
  unseen_.reading = unseen_.behind;
  place_ = unseen_.reading ? std::min(end_, unseen_.next) : end_;
  for (const auto& lane : owned_) {
    lane->reading = lane->behind && has_room(*lane);
    place_ = lane->reading ? std::min(place_, lane->next) : place_;
  }
  reads_ = true;
  forget_segment();
}

// All that is durable was looked at.
void RouteBacklog::end_reading() {
  unseen_.behind = unseen_.behind && !unseen_.reading;
  unseen_.reading = false;
  for (const auto& lane : owned_) {
    lane->behind = lane->behind && !lane->reading;
    lane->reading = false;
  }
  reads_ = false;
  forget_segment();
}

void RouteBacklog::forget_segment() {
  scanner_.reset();
  segment_.reset();
}

void RouteBacklog::leave(std::span<const SegmentId> segments) {
  if (segment_ && std::find(segments.begin(), segments.end(), segment_->id()) != segments.end()) {
    forget_segment();
  }
}

void RouteBacklog::skip_to(Sequence floor) {
  unseen_.next = std::max(unseen_.next, floor);
  for (const auto& lane : owned_) {
    lane->next = std::max(lane->next, floor);
  }
  if (place_ < floor) {
    place_ = floor;
    forget_segment();
  }
}

// Where its segment is missing, the backlog of records counts what that held.
bool RouteBacklog::open_next_segment() {
  const auto entry = segments_.find(place_);
  if (!entry) {
    const auto oldest = segments_.oldest();
    place_ = oldest && oldest->name.first > place_ ? std::min(oldest->name.first, end_) : end_;
    return true;
  }
  auto segment = segments_.open(entry->name);
  if (!segment) {
    stalled_ = segment.error().code != ErrorCode::kNotFound;
    place_ = stalled_ ? place_ : std::max(place_.next(), std::min(entry->limit, end_));
    return !stalled_;
  }
  segment_ = std::move(*segment);
  scanner_.emplace(*segment_, SegmentHeader::kSize, entry->name.first, std::min(entry->limit, end_));
  return true;
}

void RouteBacklog::read_failed() {
  if (++read_failures_ < kReadPatience || !header_is_readable(*segment_)) {
    stalled_ = true;
    return;
  }
  scanner_->skip_page();
}

void RouteBacklog::end_of_sound_records() {
  const auto entry = segments_.find(scanner_->expected());
  if (scanner_->expected() >= end_ || !entry || entry->name.id != segment_->id()) {
    place_ = std::max(place_, scanner_->expected());
    forget_segment();
    return;
  }
  const Sequence limit = std::min(entry->limit, end_);
  if (limit > scanner_->limit()) {
    scanner_->raise_limit(limit);
    return;
  }
  const auto more = scanner_->resync();
  if (!more) {
    read_failed();
  } else if (!*more) {
    place_ = std::max(place_, limit);
    forget_segment();
  }
}

// Whose it is; null where it is damaged, or need not be published.
RouteBacklog::Lane* RouteBacklog::sound_lane(const RecordHeader& header) {
  // An attribute is believed only where all of it is sound.
  Lane* lane = header.keyed == 0 ? find(way_of(header.route)) : nullptr;
  if ((lane != nullptr && (!lane->reading || header.sequence < lane->next)) || hooks_.acked(header.sequence)) {
    return nullptr;
  }
  // What is damaged is counted as lost by the backlog of records.
  if (const auto sound = scanner_->verify(); sound && !*sound) {
    return nullptr;
  }
  if (lane == nullptr) {
    const auto attributes = scanner_->attributes();
    if (!attributes) {
      key_unread(header);
      return nullptr;
    }
    const std::string_view key = find_attribute(*attributes, Tag::kKey);
    lane = key.empty() ? nullptr : lane_of(header, key);
  }
  return lane != nullptr && lane->reading && header.sequence >= lane->next ? lane : nullptr;
}

// It is read again later; where that does not help it waits for the next start.
void RouteBacklog::key_unread(const RecordHeader& header) {
  if (++key_failures_ % kReadPatience != 0) {
    place_ = header.sequence;
    stalled_ = true;
  }
}

void RouteBacklog::publish(const RecordHeader& header) {
  Lane* const to = sound_lane(header);
  if (to == nullptr) {
    return;
  }
  Ref ref{segment_, scanner_->offset(), header.length, header.sequence, header.received, header.route, to->id};
  if (!to->ring.try_push(ref)) {
    fall_behind(*to, header.sequence);
    return;
  }
  to->next = header.sequence.next();
  ++published_;
}

void RouteBacklog::look_at_next() {
  const auto step = scanner_->next(Scanner::Check::kHeader);
  if (!step) {
    read_failed();
    return;
  }
  if (*step == Scanner::Step::kNone) {
    end_of_sound_records();
    return;
  }
  read_failures_ = 0;
  const RecordHeader& header = scanner_->header();
  if (header.sequence < place_) {
    return;  // on the way from the segment's start to the place
  }
  place_ = header.sequence.next();
  if (is_routed(header) && known(header) && (header.flags & (kPayloadGone | kNotForDelivery)) == 0) {
    publish(header);
    if (stalled_) {
      forget_segment();
    }
  }
}

bool RouteBacklog::refill() {
  stalled_ = false;
  if (!reads_) {
    if (!can_begin()) {
      return false;
    }
    begin_reading();
  }
  for (std::size_t looked = 0; place_ < end_ && looked < kRefillBatch && !stalled_ && anybody_reads(); ++looked) {
    if (scanner_) {
      look_at_next();
    } else if (!open_next_segment()) {
      return false;
    }
  }
  if (place_ >= end_ || !anybody_reads()) {
    end_reading();
    return can_begin();
  }
  return !stalled_;
}

}  // namespace respand::journal
