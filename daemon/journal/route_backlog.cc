#include "journal/route_backlog.h"

#include <algorithm>
#include <utility>

#include "respand/journal/attributes.h"

namespace respand::journal {

RouteBacklog::RouteBacklog(const Segments& segments, Sequence next, Sequence end, Hooks hooks, std::size_t references)
    : segments_(segments),
      hooks_(std::move(hooks)),
      lanes_(references),
      unseen_{.behind = next < end, .next = next},
      end_(end),
      place_(next) {
  for (std::size_t route = 1; route < kApiRoutes.size(); ++route) {
    lanes_.make({static_cast<ApiRoute>(route), {}}, unseen_);
  }
}

// The lane of a way, made where it is not known yet; null where there are too many ways. A new lane begins where the
// reading for unknown ways is.
RouteLane* RouteBacklog::lane_of(const RecordHeader& header, std::string_view key) {
  if (key.empty()) {
    return lanes_.find(way_of(header.route));
  }
  if (RouteLane* const known = lanes_.find(header.route, key)) {
    return known;
  }
  if (lanes_.full()) {
    if (too_many_gate_.open(MonoTime{})) {
      log::error("bodies of too many keys wait in the journal: those of this one are delivered after a restart",
                 {{"key", key}});
    }
    return nullptr;
  }
  // The reading has made lanes for all ways that it has seen, so this way has no body before its place.
  const Sequence next = unseen_.reading ? std::min(place_, header.sequence) : unseen_.next;
  return &lanes_.make({header.route, std::string(key)},
                      {.behind = unseen_.behind, .reading = unseen_.reading, .next = next});
}

void RouteBacklog::fall_behind(RouteLane& lane, Sequence at) {
  lane.behind = true;
  lane.reading = false;
  lane.next = at;
}

void RouteBacklog::offer(const std::shared_ptr<const Segment>& segment, std::uint64_t offset,
                         const RecordHeader& header, std::string_view key) {
  RouteLane* const to = lane_of(header, key);
  if (to == nullptr || to->behind) {
    return;  // it is read back later
  }
  Ref ref{segment, offset, header.length, header.sequence, header.received, header.route, to->id};
  if (to->ring.push(ref)) {
    ++published_;
  } else {
    fall_behind(*to, header.sequence);
  }
}

bool RouteBacklog::can_begin() const {
  return unseen_.behind || std::any_of(lanes_.begin(), lanes_.end(),
                                       [](const auto& lane) { return lane->behind && lane->ring.has_room(); });
}

bool RouteBacklog::anybody_reads() const {
  return unseen_.reading || std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->reading; });
}

void RouteBacklog::begin_reading() {
  unseen_.reading = unseen_.behind;
  place_ = unseen_.reading ? std::min(end_, unseen_.next) : end_;
  for (const auto& lane : lanes_) {
    lane->reading = lane->behind && lane->ring.has_room();
    place_ = lane->reading ? std::min(place_, lane->next) : place_;
  }
  reads_ = true;
  scan_.close();
}

// Called when all durable records were looked at: the lanes that took part are not behind any more, except those whose
// ring was full once more.
void RouteBacklog::end_reading() {
  unseen_.behind = unseen_.behind && !unseen_.reading;
  unseen_.reading = false;
  for (const auto& lane : lanes_) {
    lane->behind = lane->behind && !lane->reading;
    lane->reading = false;
  }
  reads_ = false;
  scan_.close();
}

void RouteBacklog::skip_to(Sequence floor) {
  unseen_.next = std::max(unseen_.next, floor);
  for (const auto& lane : lanes_) {
    lane->next = std::max(lane->next, floor);
  }
  if (place_ < floor) {
    place_ = floor;
    scan_.close();
  }
}

// Passes over a segment that is missing: the backlog of records counts what it held as lost.
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
  scan_.open(std::move(*segment), std::min(entry->limit, end_));
  return true;
}

void RouteBacklog::read_failed() {
  if (++read_failures_ < kReadPatience || !header_is_readable(*scan_.segment())) {
    stalled_ = true;
    return;
  }
  scan_.scanner().skip_page();
}

void RouteBacklog::end_of_sound_records() {
  const auto entry = segments_.find(scan_.scanner().expected());
  if (scan_.scanner().expected() >= end_ || !entry || entry->name.id != scan_.segment()->id()) {
    place_ = std::max(place_, scan_.scanner().expected());
    scan_.close();
    return;
  }
  const Sequence limit = std::min(entry->limit, end_);
  if (limit > scan_.scanner().limit()) {
    scan_.scanner().raise_limit(limit);
    return;
  }
  const auto more = scan_.scanner().resync();
  if (!more) {
    read_failed();
  } else if (!*more) {
    place_ = std::max(place_, limit);
    scan_.close();
  }
}

// The lane of a record that is read back; null where the record is damaged or need not be published.
RouteLane* RouteBacklog::sound_lane(const RecordHeader& header) {
  // The name of a key is believed only where the whole record is sound, so its lane is found below.
  RouteLane* lane = header.keyed == 0 ? lanes_.find(way_of(header.route)) : nullptr;
  if ((lane != nullptr && (!lane->reading || header.sequence < lane->next)) || hooks_.acked(header.sequence)) {
    return nullptr;
  }
  // The backlog of records counts a damaged record as lost.
  if (const auto sound = scan_.scanner().verify(); sound && !*sound) {
    return nullptr;
  }
  if (lane == nullptr) {
    const auto attributes = scan_.scanner().attributes();
    if (!attributes) {
      key_unread(header);
      return nullptr;
    }
    const std::string_view key = find_attribute(*attributes, Tag::kKey);
    lane = key.empty() ? nullptr : lane_of(header, key);
  }
  return lane != nullptr && lane->reading && header.sequence >= lane->next ? lane : nullptr;
}

// The record is read again later; where that does not help, it waits for the next start.
void RouteBacklog::key_unread(const RecordHeader& header) {
  if (++key_failures_ % kReadPatience != 0) {
    place_ = header.sequence;
    stalled_ = true;
  }
}

void RouteBacklog::publish(const RecordHeader& header) {
  RouteLane* const to = sound_lane(header);
  if (to == nullptr) {
    return;
  }
  Ref ref{scan_.segment(), scan_.scanner().offset(), header.length, header.sequence, header.received, header.route,
          to->id};
  if (!to->ring.push(ref)) {
    fall_behind(*to, header.sequence);
    return;
  }
  to->next = header.sequence.next();
  ++published_;
}

void RouteBacklog::look_at_next() {
  const auto step = scan_.scanner().next(Scanner::Check::kHeader);
  if (!step) {
    read_failed();
    return;
  }
  if (*step == Scanner::Step::kNone) {
    end_of_sound_records();
    return;
  }
  read_failures_ = 0;
  const RecordHeader& header = scan_.scanner().header();
  if (header.sequence < place_) {
    return;  // on the way from the segment's start to the place
  }
  place_ = header.sequence.next();
  if (is_routed(header) && known(header) && (header.flags & (kPayloadGone | kNotForDelivery)) == 0) {
    publish(header);
    if (stalled_) {
      scan_.close();
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
    if (scan_.is_open()) {
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
