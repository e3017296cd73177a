// Journal: what it holds, read back; and what is said of it in status and metrics.

#include <algorithm>
#include <utility>

#include "journal/journal.h"

namespace respand::journal {

Status Journal::read(const Ref& ref, std::string& payload) const {
  payload.clear();
  return append(ref, payload);
}

Status Journal::append(const Ref& ref, std::string& text) const { return append_behind(ref, text, nullptr); }

Status Journal::append_request(const Ref& ref, std::string& attributes, std::string& text) const {
  attributes.clear();
  return append_behind(ref, text, &attributes);
}

Status Journal::append_behind(const Ref& ref, std::string& text, std::string* attributes) const {
  const std::size_t front = text.size();
  Status read_in = read_behind(front, ref, text, attributes);
  if (!read_in) {
    text.resize(front);
  }
  return read_in;
}

// In the segment that `entry` is; offset 0 where it is not there.
Result<Journal::RecordPlace> Journal::place_in(const std::shared_ptr<Segment>& segment, const Segments::Entry& entry,
                                               Sequence sequence) {
  RecordPlace place{segment, segment->file(), 0};
  const SegmentIndex::Entry near =
      segment->index() != nullptr ? segment->index()->before(sequence) : SegmentIndex::Entry{};
  Scanner scanner(*segment, near.offset != 0 ? near.offset : SegmentHeader::kSize,
                  near.offset != 0 ? near.sequence : entry.name.first, sequence.next(), SegmentIndex::kStride);
  for (;;) {
    auto step = scanner.next(Scanner::Check::kHeader);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == Scanner::Step::kNone) {
      auto more = scanner.expected() <= sequence ? scanner.resync() : Result<bool>(false);
      if (!more) {
        return std::move(more).error();
      }
      if (!*more) {
        return place;
      }
      continue;  // another one before it is damaged
    }
    if (scanner.header().sequence == sequence) {
      place.offset = scanner.offset();
      return place;
    }
  }
}

// Where a record is now: its segment may have been compacted since the reference was made, and may be again meanwhile.
// kNotFound only where no segment holds it any more.
Result<Journal::RecordPlace> Journal::place_of(const Ref& ref) const {
  RecordPlace held{ref.segment, ref.segment->file(), ref.offset};
  if (!ref.segment->gone()) {
    return held;
  }
  for (;;) {
    const auto entry = segments_.find(ref.sequence);
    if (!entry) {
      return error(ErrorCode::kNotFound, "its segment is gone");
    }
    auto segment = segments_.open(entry->name);
    auto place = segment ? place_in(*segment, *entry, ref.sequence) : Result<RecordPlace>(segment.error());
    const bool found = place && place->offset != 0;
    if (found && !(*segment)->gone()) {
      return place;
    }
    const auto again = segments_.find(ref.sequence);
    if (!found && again && again->name.id == entry->name.id && again->edition == entry->edition) {
      if (place) {
        return error(ErrorCode::kCorrupt, "it is not where it was compacted to");
      }
      return error(place.error().code == ErrorCode::kNotFound ? ErrorCode::kIo : place.error().code,
                   place.error().message);
    }
  }
}

bool Journal::rest_is_readable(const Ref& ref) const {
  const auto place = place_of(ref);
  return place && header_is_readable(*place->segment);
}

// Reads the record to text[front …), then moves the payload down over what stands before it: one read, no other memory.
Status Journal::read_behind(std::size_t front, const Ref& ref, std::string& text, std::string* attributes) const {
  if (ref.sequence.value < dropped_below_.load(std::memory_order_relaxed)) {
    return error(ErrorCode::kNotFound, "it was dropped");
  }
  const auto place = place_of(ref);
  if (!place) {
    return place.error();
  }
  text.resize(front + RecordHeader::kSize + ref.length);
  auto got = place->file->read_at(place->offset, std::as_writable_bytes(std::span(text).subspan(front)));
  if (!got) {
    return std::move(got).error();
  }
  const auto* const record = reinterpret_cast<const std::byte*>(text.data() + front);
  if (front + *got < text.size()) {
    return error(ErrorCode::kCorrupt, "its segment ends before it");
  }
  const RecordHeader header = decode_record(record);
  if (header.length != ref.length || header.sequence != ref.sequence || header.attributes > header.length ||
      !intact(record)) {
    return error(ErrorCode::kCorrupt, "its checksum does not hold");
  }
  if (attributes != nullptr) {
    attributes->assign(text, front + RecordHeader::kSize, header.attributes);
  }
  text.erase(front, RecordHeader::kSize + header.attributes);
  return {};
}

std::vector<SequenceRange> Journal::open_among(Sequence first, Sequence end, std::size_t most) const {
  auto open = progress_.with([&](const Progress& progress) { return progress.state.acked.open_in(first, end); });
  open.resize(std::min(open.size(), most));
  return open;
}

Status Journal::visit(const std::function<bool(Sequence, std::string_view)>& visit) const {
  const Sequence end{durable_end_};
  const auto oldest = segments_.oldest();
  Sequence next = std::max(history_from_, oldest ? oldest->name.first : end);
  while (next < end) {
    const auto entry = segments_.find(next);
    auto segment = entry ? segments_.open(entry->name)
                         : Result<std::shared_ptr<Segment>>(error(ErrorCode::kNotFound, "a segment is missing"));
    if (!segment) {
      return std::move(segment).error();
    }
    const Sequence limit = std::min(entry->limit, end);
    Scanner scanner(**segment, SegmentHeader::kSize, entry->name.first, limit);
    for (;;) {
      auto step = scanner.next(Scanner::Check::kHeader);
      if (!step) {
        return std::move(step).error();
      }
      if (*step == Scanner::Step::kNone) {
        const auto more = scanner.expected() < limit ? scanner.resync() : Result<bool>(false);
        if (!more || !*more) {
          break;
        }
        continue;
      }
      if (scanner.header().sequence < next || scanner.header().attributes == 0) {
        continue;
      }
      auto attributes = scanner.attributes();
      if (!attributes) {
        return std::move(attributes).error();
      }
      if (!visit(scanner.header().sequence, *attributes)) {
        return {};
      }
    }
    next = limit;
  }
  return {};
}

Snapshot Journal::snapshot() const {
  Snapshot now;
  now.accepting = accepting();
  Issue current = issue();
  now.condition = current.condition;
  now.issue = std::move(current.text);
  now.file_bytes = segments_.live_bytes().value;
  progress_.with([&](const Progress& progress) {
    now.backlog_records = backlog_records(progress);
    now.open_bytes = open_bytes(progress);
    now.backlog_bytes = now.open_bytes - now.backlog_records * RecordHeader::kSize;
  });
  return now;
}

std::optional<WallTime> Journal::oldest() const {
  const Sequence floor = progress_.with([](const Progress& progress) { return progress.state.acked.floor(); });
  const auto entry = floor.value < durable_end_ ? segments_.find(floor) : std::nullopt;
  if (!entry) {
    return std::nullopt;
  }
  auto segment = segments_.open(entry->name);
  if (!segment) {
    return std::nullopt;
  }
  Scanner scanner(**segment, SegmentHeader::kSize, entry->name.first, floor.next());
  for (;;) {
    const auto step = scanner.next(Scanner::Check::kHeader);
    if (!step || *step == Scanner::Step::kNone) {
      return std::nullopt;
    }
    if (scanner.header().sequence == floor) {
      return scanner.header().received;
    }
  }
}

void Journal::collect_gauges() {
  const Snapshot now = snapshot();
  backlog_records_.set(static_cast<double>(now.backlog_records));
  backlog_bytes_.set(static_cast<double>(now.backlog_bytes));
  journal_bytes_.set(static_cast<double>(now.file_bytes));
  const auto received = oldest();
  backlog_oldest_.set(received ? std::max(0.0, std::chrono::duration<double>(clock_.wall() - *received).count()) : 0.0);
}

}  // namespace respand::journal
