#include "journal/record_reader.h"

#include <algorithm>
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

// Whether these bytes are the whole record that the reference means.
bool is_record(const std::byte* record, const Ref& ref) {
  const RecordHeader header = decode_record(record);
  return header.length == ref.length && header.sequence == ref.sequence && header.attributes <= header.length &&
         intact(record);
}

}  // namespace

Status RecordReader::append(const Ref& ref, std::string& text, std::string* attributes, ReadWindow* window) const {
  const std::size_t front = text.size();
  Status read_in = read_behind(front, ref, text, attributes, window);
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

// Whether the whole record is in the window, or could be brought there, and is in `record` now. Records are brought
// there where this one follows the last one that was read, and only as far as the segment has any.
bool RecordReader::copy_from(ReadWindow& window, const RecordPlace& place, const Ref& ref, std::byte* record) {
  const std::size_t size = RecordHeader::kSize + ref.length;
  const ReadWindow::Source source{place.segment->id().value, place.segment->edition()};
  const bool follows = source == window.source_ && place.offset == window.next_;
  if (source != window.source_) {
    window.source_ = source;
    window.size_ = 0;
  }
  window.next_ = place.offset + record_extent(ref.length);
  auto found = window.find(source, place.offset, size);
  const std::uint64_t end = place.segment->known_end();
  if (found.empty() && follows && size < ReadWindow::kSize && window.next_ < end) {
    if (!window.bytes_) {
      window.bytes_ = std::make_unique_for_overwrite<std::byte[]>(ReadWindow::kSize);
    }
    const std::size_t ahead = std::min<std::uint64_t>(ReadWindow::kSize, end - place.offset);
    auto got = place.file->read_at(place.offset, std::span(window.bytes_.get(), ahead));
    window.begin_ = place.offset;
    window.size_ = got ? *got : 0;
    found = window.find(source, place.offset, size);
  }
  std::copy(found.begin(), found.end(), record);
  return !found.empty() && is_record(record, ref);
}

// Reads the whole record to text[front …), then moves the payload down over header and attributes: one read, and no
// other memory.
Status RecordReader::read_behind(std::size_t front, const Ref& ref, std::string& text, std::string* attributes,
                                 ReadWindow* window) const {
  if (ref.sequence.value < dropped_below_.load(std::memory_order_relaxed)) {
    return error(ErrorCode::kNotFound, "it was dropped");
  }
  const auto place = place_of(ref);
  if (!place) {
    return place.error();
  }
  text.resize(front + RecordHeader::kSize + ref.length);
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(text).subspan(front));
  if (window == nullptr || !copy_from(*window, *place, ref, bytes.data())) {
    auto got = place->file->read_at(place->offset, bytes);
    if (!got) {
      return std::move(got).error();
    }
    if (*got < bytes.size()) {
      return error(ErrorCode::kCorrupt, "its segment ends before it");
    }
    if (!is_record(bytes.data(), ref)) {
      return error(ErrorCode::kCorrupt, "its checksum does not hold");
    }
  }
  const RecordHeader header = decode_record(bytes.data());
  if (attributes != nullptr) {
    attributes->assign(text, front + RecordHeader::kSize, header.attributes);
  }
  text.erase(front, RecordHeader::kSize + header.attributes);
  return {};
}

}  // namespace respand::journal
