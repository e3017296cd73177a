#include "journal/compaction_copy.h"

#include <algorithm>
#include <array>
#include <span>

namespace respand::journal {

SegmentId CompactionCopy::at() const { return settings_.run[next_ == 0 ? 0 : next_ - 1].name.id; }

Status CompactionCopy::begin() {
  const SegmentName& first = settings_.run.front().name;
  auto copy = segments_.prepare_copy(first);
  if (!copy) {
    return std::move(copy).error();
  }
  copy_ = std::move(*copy);
  copier_.emplace(*copy_, SegmentHeader::kSize);
  looked_ = written_ = first.first;
  return {};
}

Status CompactionCopy::enter_next() {
  const Segments::Entry& entry = settings_.run[next_++];
  auto segment = segments_.open(entry.name);
  if (!segment) {
    return std::move(segment).error();
  }
  std::array<std::byte, SegmentHeader::kSize> bytes{};
  auto got = (*segment)->file()->read_at(0, bytes);
  SegmentHeader header;
  if (got && *got == bytes.size() && decode(bytes, header) == HeaderState::kGood) {
    appended_ = header.appended;  // where the header is damaged, the sum so far goes on
    created_ = next_ == 1 ? header.created : created_;
  }
  const bool past_unreadable = settings_.past_unreadable(**segment);
  walk_.emplace(std::move(*segment), entry.limit, past_unreadable);
  return {};
}

// No sound record was found up to `end`. Open records among those that are missing are lost, unless the record behind
// the gap says that they were acknowledged.
void CompactionCopy::pass_gap(Sequence end, bool known_acked) {
  if (looked_ < end && !known_acked && open_.any(looked_, end)) {
    settings_.keep_aside(walk_->segment(), walk_->hole_begin(), walk_->hole_end());
    settings_.lost(looked_, end, {walk_->segment().id(), walk_->hole_begin()}, "their bytes on disk are damaged");
  }
  looked_ = std::max(looked_, end);
}

// Every gap that the copy has is marked: what was left out was acknowledged, and what was lost has been reported. So a
// gap without the mark is damage, also after the next compaction.
Status CompactionCopy::put(ConstBytes record, const RecordHeader& header, std::uint8_t flags) {
  if (header.sequence > written_) {
    flags = static_cast<std::uint8_t>(flags | kGapAcked);
  }
  Status added = copier_->add(record, header, flags);
  index_->add({header.sequence, copier_->last()});
  written_ = header.sequence.next();
  return added;
}

// Writes a record of which only attributes are left; kAccountGone says that the ledger's part is not among them.
Status CompactionCopy::put_stub(const RecordHeader& of, std::string_view attributes) {
  RecordHeader header = of;
  const bool cut = (of.flags & kAccountGone) != 0 || attributes.size() < of.attributes;
  header.length = static_cast<std::uint32_t>(attributes.size());
  header.attributes = static_cast<std::uint16_t>(attributes.size());
  std::vector<std::byte> record(RecordHeader::kSize);
  const auto left = std::as_bytes(std::span(attributes));
  record.insert(record.end(), left.begin(), left.end());
  return put(record, header,
             static_cast<std::uint8_t>((of.flags & kNotForDelivery) | kPayloadGone | (cut ? kAccountGone : 0)));
}

// Handles the record that the walk has come to: keeps it, keeps its attributes, or leaves it out.
Status CompactionCopy::take() {
  const Scanner& scanner = walk_->scanner();
  const RecordHeader header = scanner.header();
  pass_gap(header.sequence, (header.flags & kGapAcked) != 0);
  looked_ = header.sequence.next();
  received_ = header.received;
  appended_ += header.length;
  const ConstBytes record = scanner.bytes();
  if (open_.contains(header.sequence) && (header.flags & kPayloadGone) == 0) {
    return put(record, header, static_cast<std::uint8_t>(header.flags & ~kGapAcked));
  }
  const std::string_view attributes(reinterpret_cast<const char*>(record.data()) + RecordHeader::kSize,
                                    header.attributes);
  const auto left = looked_for(settings_.segment_readers, header, attributes);
  return left ? put_stub(header, *left) : Status();
}

Status CompactionCopy::sync() {
  if (Status flushed = copier_->flush(); !flushed) {
    return flushed;
  }
  synced_ = copier_->end();
  return copy_->file()->sync_data();
}

// The last record holds the run's last sequence, so that a scan knows up to where records were acknowledged. The header
// is written last: its sum of bytes before the segment is chosen so that, with the records that the copy still holds,
// the sum at the run's end is what it was.
Status CompactionCopy::end() {
  if (written_ < limit()) {
    const RecordHeader last{.sequence = Sequence{limit().value - 1},
                            .received = received_,
                            .kind = static_cast<std::uint8_t>(Kind::kCompletion),
                            .flags = kAccountGone};
    if (Status put = put_stub(last, {}); !put) {
      return put;
    }
  }
  const std::uint64_t before = appended_ - std::min(appended_, copier_->lengths());
  Status written = segments_.write_header(*copy_, created_, before);
  return written ? sync() : written;
}

Result<bool> CompactionCopy::step(std::uint64_t bytes) {
  Status done = copy_ ? Status() : begin();
  for (std::uint64_t read = 0; done && read < bytes;) {
    if (!walk_ && next_ == settings_.run.size()) {
      done = end();
      return done ? Result<bool>(true) : Result<bool>(std::move(done).error());
    }
    if (!walk_) {
      done = enter_next();
      continue;
    }
    const std::uint64_t from = walk_->scanner().place();
    auto step = walk_->next(Scanner::Check::kWhole);
    if (!step) {
      read_failed_ = true;
      return std::move(step).error();
    }
    if (*step == SegmentWalk::Step::kRecord) {
      done = take();
      read += walk_->scanner().place() - from;
      continue;
    }
    pass_gap(settings_.run[next_ - 1].limit, false);
    walk_.reset();
  }
  if (done && copier_->end() - synced_ >= Copier::kPiece) {
    done = sync();
  }
  return done ? Result<bool>(false) : Result<bool>(std::move(done).error());
}

}  // namespace respand::journal
