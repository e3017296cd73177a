#include "journal/scanner.h"

#include <algorithm>
#include <array>
#include <utility>

namespace respand::journal {

Scanner::Scanner(const Segment& segment, std::uint64_t offset, Sequence expected, Sequence limit, std::size_t chunk)
    : segment_(segment), file_(segment.file()), chunk_(chunk), place_(offset), expected_(expected), limit_(limit) {}

ConstBytes Scanner::bytes() const { return {at(record_offset_), RecordHeader::kSize + header_.length}; }

// Reads ahead: a chunk at least, so that most records need no read of their own. False where the file ends before
// offset + size.
Result<bool> Scanner::load(std::uint64_t offset, std::size_t size) {
  if (offset >= buffer_offset_ && offset + size <= buffer_offset_ + buffer_size_) {
    return true;
  }
  const std::size_t wanted = std::max(chunk_, size);
  if (capacity_ < wanted || capacity_ > wanted + 2 * chunk_) {
    // The memory for a large record is not kept for the small ones behind it. It is not zeroed, so that pages that are
    // not read into are never touched.
    buffer_ = std::make_unique_for_overwrite<std::byte[]>(wanted);
    capacity_ = wanted;
  }
  buffer_size_ = 0;
  auto got = file_->read_at(offset, std::span(buffer_.get(), wanted));
  if (!got && wanted > size) {
    got = file_->read_at(offset, std::span(buffer_.get(), size));  // the bad place may lie in what was read ahead
  }
  if (!got) {
    return std::move(got).error();
  }
  buffer_offset_ = offset;
  buffer_size_ = *got;
  return *got >= size;
}

// A header that can be the next record's. The stamp tells the records of this segment from those that a recycled file
// held; the sequence must be the next one, unless records may be missing here.
bool Scanner::plausible(const RecordHeader& header) const {
  const bool gap_allowed = !exact_ || (header.flags & kGapAcked) != 0;
  return header.stamp == segment_.stamp() && header.length <= kMaxLength && header.attributes <= header.length &&
         (gap_allowed ? header.sequence >= expected_ : header.sequence == expected_) && header.sequence < limit_;
}

// The checksum of a record that may be larger than the buffer, a chunk at a time.
Result<bool> Scanner::sound_in_pieces(std::uint64_t offset, const RecordHeader& header) {
  RunningChecksum sum;
  const std::uint64_t end = offset + RecordHeader::kSize + header.length;
  for (std::uint64_t from = offset + RecordHeader::kChecksumEnd; from < end;) {
    const std::size_t piece = std::min<std::uint64_t>(chunk_, end - from);
    auto loaded = load(from, piece);
    if (!loaded) {
      return std::move(loaded).error();
    }
    if (!*loaded) {
      return false;
    }
    sum.add({at(from), piece});
    from += piece;
  }
  return sum.value() == header.checksum;
}

Result<Scanner::Step> Scanner::next(Check check) {
  auto loaded = load(place_, RecordHeader::kSize);
  if (!loaded) {
    return std::move(loaded).error();
  }
  if (!*loaded) {
    return at_no_record();
  }
  const RecordHeader header = decode_record(at(place_));
  if (!plausible(header)) {
    return at_no_record();
  }
  const std::size_t size = RecordHeader::kSize + header.length;
  if (check == Check::kSum && size > chunk_) {
    auto sound = sound_in_pieces(place_, header);
    if (!sound) {
      return std::move(sound).error();
    }
    if (!*sound) {
      return Step::kNone;
    }
  } else if (check != Check::kHeader) {
    loaded = load(place_, size);
    if (!loaded) {
      return std::move(loaded).error();
    }
    if (!*loaded || !intact(at(place_))) {
      return Step::kNone;
    }
  }
  header_ = header;
  record_offset_ = place_;
  place_ += record_extent(header.length);
  expected_ = header.sequence.next();
  exact_ = true;
  unverified_ = check == Check::kHeader;
  return Step::kRecord;
}

Result<bool> Scanner::verify() { return sound_in_pieces(record_offset_, header_); }

// No record follows. A header that was believed unverified may have led here by a wrong length, so it is verified now.
Result<Scanner::Step> Scanner::at_no_record() {
  if (!std::exchange(unverified_, false)) {
    return Step::kNone;
  }
  auto sound = verify();
  if (!sound) {
    unverified_ = true;
    return std::move(sound).error();
  }
  if (!*sound) {
    place_ = record_offset_;
  }
  return Step::kNone;
}

void Scanner::note_trace() {
  const RecordHeader header = decode_record(at(place_));
  const std::size_t length = header.length <= kMaxLength ? header.length : 0;
  trace_end_ = std::max(trace_end_, place_ + record_extent(length));
}

void Scanner::skip_page() {
  place_ = (place_ / kPage + 1) * kPage;
  exact_ = false;
  unverified_ = false;
}

// Looks at every place where a record may begin (they are aligned), and believes only one that is whole: bytes of a
// payload may look like a header.
Result<bool> Scanner::resync() {
  exact_ = false;
  unverified_ = false;
  trace_end_ = 0;
  const std::uint64_t begin = place_;
  for (;; place_ += kAlignment) {
    auto loaded = load(place_, RecordHeader::kSize);
    if (!loaded) {
      return std::move(loaded).error();
    }
    if (!*loaded) {
      return false;
    }
    if (place_ == begin && decode_record(at(place_)).sequence == expected_) {
      note_trace();  // a record whose stamp may be what is damaged
    }
    // The stamp alone rules out nearly every place, without decoding or reading more.
    if (journal::load<std::uint32_t>(at(place_) + 8) != segment_.stamp()) {
      continue;
    }
    note_trace();
    const std::uint64_t candidate = place_;
    const Sequence expected = expected_;
    auto step = next(Check::kWhole);
    if (!step) {
      return std::move(step).error();
    }
    if (*step == Step::kRecord) {
      place_ = candidate;
      expected_ = expected;
      exact_ = false;
      return true;
    }
  }
}

Result<std::string_view> Scanner::attributes() {
  auto loaded = load(record_offset_, RecordHeader::kSize + header_.attributes);
  if (!loaded) {
    return std::move(loaded).error();
  }
  if (!*loaded) {
    return std::string_view{};
  }
  return std::string_view(reinterpret_cast<const char*>(at(record_offset_) + RecordHeader::kSize), header_.attributes);
}

}  // namespace respand::journal
