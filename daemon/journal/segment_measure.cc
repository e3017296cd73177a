#include "journal/segment_measure.h"

#include <algorithm>

#include "journal/compaction_plan.h"
#include "respand/journal/attributes.h"

namespace respand::journal {
namespace {

constexpr std::uint64_t kEighth = 8;

Sequence stubs_from(const SegmentReaders& segment_readers, const Segments::Entry& entry) {
  return std::clamp(segment_readers.first(), entry.name.first, entry.limit);
}

}  // namespace

std::optional<std::string_view> looked_for(const SegmentReaders& segment_readers, const RecordHeader& record,
                                           std::string_view attributes) {
  if (record.sequence >= segment_readers.ledger && (record.flags & kAccountGone) == 0) {
    return attributes;
  }
  const std::string_view origin =
      record.sequence >= segment_readers.spool ? find_attribute(attributes, Tag::kSpoolOrigin) : std::string_view{};
  return origin.empty()
             ? std::nullopt
             : std::optional(std::string_view(origin.data() - kAttributeHead, origin.size() + kAttributeHead));
}

// An old measure says too much rather than too little, because records are acknowledged and readers move on. So one
// that makes a copy worth it holds in any case; another one is taken again when at least an eighth may have changed.
std::optional<SegmentMeasure> SegmentMeasures::find(const Segments::Entry& entry, const Now& now) const {
  const auto known = known_.find(entry.name.id.value);
  if (known == known_.end() || known->second.edition != entry.edition) {
    return std::nullopt;
  }
  const SegmentMeasure& measure = known->second;
  const Sequence from = stubs_from(now.segment_readers, entry);
  const bool same = measure.open == now.open && measure.stubs_from == from;
  if (same || worth_while(entry.size, measure.kept)) {
    return measure;
  }
  const bool acked_more = measure.open != now.open &&
                          (entry.size <= kSmall || now.acked_bytes - measure.acked_bytes >= entry.size / kEighth);
  const std::uint64_t moved = from > measure.stubs_from ? from.value - measure.stubs_from.value : 0;
  const bool looked_on = moved > 0 && (entry.size <= kSmall || from == entry.limit ||
                                       moved >= (entry.limit.value - entry.name.first.value) / kEighth);
  return acked_more || looked_on ? std::nullopt : std::optional(measure);
}

SegmentMeasuring::SegmentMeasuring(const Segments::Entry& entry, std::shared_ptr<Segment> segment,
                                   std::vector<SequenceRange> open, const SegmentMeasures::Now& now,
                                   bool past_unreadable)
    : walk_(std::move(segment), entry.limit, past_unreadable), open_(std::move(open)), lookers_(now.segment_readers) {
  measure_ = SegmentMeasure{.edition = entry.edition,
                            .open = now.open,
                            .stubs_from = stubs_from(now.segment_readers, entry),
                            .acked_bytes = now.acked_bytes};
}

Status SegmentMeasuring::add(Scanner& scanner) {
  const RecordHeader header = scanner.header();
  if (open_.contains(header.sequence) && (header.flags & kPayloadGone) == 0) {
    measure_.kept += record_extent(header.length);
    measure_.kept_without_ledger += record_extent(header.length);
    return {};
  }
  if (header.sequence < lookers_.first()) {
    return {};
  }
  auto attributes = scanner.attributes();
  if (!attributes) {
    return std::move(attributes).error();
  }
  const auto room_of = [&](const SegmentReaders& segment_readers) {
    const auto left = looked_for(segment_readers, header, *attributes);
    return left ? record_extent(left->size()) : 0;
  };
  measure_.kept += room_of(lookers_);
  measure_.kept_without_ledger += room_of({.spool = lookers_.spool});
  return {};
}

Result<bool> SegmentMeasuring::step(std::uint64_t bytes) {
  Scanner& scanner = walk_.scanner();
  const std::uint64_t from = scanner.place();
  while (scanner.place() - from < bytes) {
    auto step = walk_.next(Scanner::Check::kHeader);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == SegmentWalk::Step::kEnd) {
      return true;
    }
    if (auto added = add(scanner); !added) {
      return std::move(added).error();
    }
  }
  return false;
}

}  // namespace respand::journal
