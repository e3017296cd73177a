#include "journal/dispatch.h"

#include <utility>

#include "journal/settings.h"
#include "respand/journal/attributes.h"

namespace respand::journal {

Dispatch::Dispatch(const Parts& parts, Sequence floor, Sequence end, std::size_t references,
                   metrics::Counter sampled_out)
    : parts_(parts),
      start_(end),
      backlog_(parts.segments, floor, end, backlog_hooks(), references),
      routes_(parts.segments, floor, end, route_hooks()),
      sampled_out_(sampled_out) {}

Backlog::Hooks Dispatch::backlog_hooks() {
  return {
      .acked = [this](Sequence sequence) { return acked_before_start(sequence); },
      .lost = [this](Sequence first, Sequence end, const Place& place,
                     std::string_view why) { parts_.lost.lose(first, end, 0, place, why); },
      .keep_aside = [this](const Segment& segment, std::uint64_t offset,
                           std::uint64_t end) { parts_.lost.keep_aside(segment.id(), *segment.file(), offset, end); },
      .acked_before = [this](Sequence first, Sequence end) { parts_.acknowledgements.add_range(first, end, 0); },
      .unknown = [this](const RecordHeader& header, const Place& place) { say_unknown(header, place); },
      .wake = [this] { parts_.progress.wake(); }};
}

RouteBacklog::Hooks Dispatch::route_hooks() {
  return {.acked = [this](Sequence sequence) { return acked_before_start(sequence); },
          .wake = [this] { parts_.progress.wake(); }};
}

// Records of this run that are read back were not acknowledged yet, because their references were not given out. So
// only those of earlier runs are looked up, which takes a lock.
bool Dispatch::acked_before_start(Sequence sequence) const {
  return sequence < start_ && parts_.acknowledgements.contains(sequence);
}

void Dispatch::say_unknown(const RecordHeader& header, const Place& place) {
  if (unknown_kinds_.open(parts_.clock.mono())) {
    log::error("a record of a kind that this respand does not know waits in the journal: use the version that wrote it",
               {{"kind", header.kind},
                {"sequence", header.sequence.value},
                {"segment", place.segment.value},
                {"offset", place.offset},
                {"held_back", unknown_kinds_.held_back()}});
  }
}

Status Dispatch::append(const Ref& ref, std::string& text) const { return parts_.records.append(ref, text, nullptr); }

Status Dispatch::append_through(ReadWindow& window, const Ref& ref, std::string& text) const {
  return parts_.records.append(ref, text, nullptr, &window);
}

Status Dispatch::append_request(const Ref& ref, std::string& attributes, std::string& text) const {
  attributes.clear();
  return parts_.records.append(ref, text, &attributes);
}

Status Dispatch::append_request_through(ReadWindow& window, const Ref& ref, std::string& attributes,
                                        std::string& text) const {
  attributes.clear();
  return parts_.records.append(ref, text, &attributes, &window);
}

void Dispatch::lost(const Ref& ref, std::string_view why) {
  if (parts_.acknowledgements.contains(ref.sequence)) {
    return;  // It was dropped between the look and the read, and is counted already.
  }
  Place place{ref.segment->id(), ref.offset};
  if (const auto now = parts_.records.place_of(ref)) {
    place = {now->segment->id(), now->offset};
    parts_.lost.keep_aside(place.segment, *now->file, place.offset, place.offset + record_extent(ref.length));
  }
  parts_.lost.lose(ref.sequence, ref.sequence.next(), ref.length, place, why);
}

// Whether the journal is near its limit. Room then matters more than fresh records, and only the oldest records, when
// they are acknowledged, give room.
bool Dispatch::crowded() const { return parts_.segments.live_bytes().value > parts_.segments.max_size().value / 4 * 3; }

void Dispatch::extend(Sequence end, std::uint64_t routed) {
  routes_.extend(end);
  backlog_.extend(end, routed, fresh_wanted_.load(std::memory_order_relaxed) && !crowded(), parts_.clock.mono());
}

namespace {

// The name of the key that an encoded record goes out under; empty where it has none.
std::string_view key_in(std::span<const std::byte> record, const RecordHeader& header) {
  const auto* const list = reinterpret_cast<const char*>(record.data() + RecordHeader::kSize);
  return header.keyed == 0 ? std::string_view() : find_attribute({list, header.attributes}, Tag::kKey);
}

}  // namespace

void Dispatch::offer_routed(const std::shared_ptr<const Segment>& segment, std::uint64_t offset,
                            const RecordHeader& header, std::span<const std::byte> record) {
  routes_.offer(segment, offset, header, key_in(record, header));
}

// Records that are not for delivery are acknowledged here: they are durable, and no worker ever gets a reference to
// them.
bool Dispatch::publish(MonoTime now) {
  const bool due = now >= retry_at_;
  bool more = due && backlog_.refill();
  more = (due && routes_.refill()) || more;
  if (due && stalled()) {
    retry_at_ = now + kRetryInterval;
  }
  record_bells_.ring(backlog_.take_published());
  routed_bells_.ring(routes_.take_published());
  if (!backlog_.passed_over().empty()) {
    sampled_out_.add(static_cast<double>(acknowledge(backlog_.passed_over())));
    backlog_.forget_passed_over();
  }
  return more;
}

MonoTime Dispatch::retry_at() const { return stalled() ? retry_at_ : MonoTime::max(); }

void Dispatch::leave(std::span<const SegmentId> segments) {
  backlog_.leave(segments);
  routes_.leave(segments);
}

void Dispatch::skip_to(Sequence floor) {
  backlog_.skip_to(floor);
  routes_.skip_to(floor);
}

}  // namespace respand::journal
