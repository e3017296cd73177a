#include "journal/record_reader.h"

#include <utility>

#include "journal/scanner.h"

namespace respand::journal {
namespace {

// Looks the record up in the segment of `entry`, from the nearest place that its index knows. Offset 0 where the record
// is not there.
Result<RecordReader::RecordPlace> place_in(const std::shared_ptr<Segment>& segment, const Segments::Entry& entry,
                                           Sequence sequence) {
  RecordReader::RecordPlace place{segment, segment->file(), 0};
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
      continue;  // a record before it is damaged
    }
    if (scanner.header().sequence == sequence) {
      place.offset = scanner.offset();
      return place;
    }
  }
}

}  // namespace

Status RecordReader::append(const Ref& ref, std::string& text, std::string* attributes) const {
  const std::size_t front = text.size();
  Status read_in = read_behind(front, ref, text, attributes);
  if (!read_in) {
    text.resize(front);
  }
  return read_in;
}

Result<RecordReader::RecordPlace> RecordReader::place_of(const Ref& ref) const {
  // The file is taken before the segment is asked whether it was replaced. Where it was not, this is the file in which
  // the reference's offset holds, and it can be read even if the segment is replaced now.
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
    // Not found, or replaced once more meanwhile. It is an error only where the table still names the same segment in
    // the same edition; otherwise the look-up is repeated there.
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

bool RecordReader::rest_is_readable(const Ref& ref) const {
  const auto place = place_of(ref);
  return place && header_is_readable(*place->segment);
}

// Reads the whole record to text[front …), then moves the payload down over header and attributes: one read, and no
// other memory.
Status RecordReader::read_behind(std::size_t front, const Ref& ref, std::string& text, std::string* attributes) const {
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

}  // namespace respand::journal
