#include "journal/capacity.h"

#include <algorithm>
#include <utility>

#include "journal/scanner.h"

namespace respand::journal {

// From what costs nobody anything to what costs the ledger something. Compaction is repeated, because each run may free
// less than a segment.
bool Capacity::make_for_segment() {
  // A full disk has no room for a new file, but the file of a segment that nobody needs can be written over.
  if (parts_.availability.disk_full() && all_is_done() && parts_.acknowledgements.save_below(parts_.end.next())) {
    parts_.segments.spare_newest();
  }
  while (!parts_.segments.capacity() && parts_.compaction.make_capacity(false)) {
  }
  if (!parts_.segments.capacity()) {
    parts_.reclaimer.recycle(Reclaimer::Purpose::kOneMore);
  }
  while (!parts_.segments.capacity() && parts_.compaction.make_capacity(true)) {
  }
  return parts_.segments.capacity();
}

bool Capacity::can_reuse() const {
  return parts_.segments.has_spare() || (parts_.segments.live_files() == 1 && all_is_done());
}

// The order matters: the records become unreadable and acknowledged before their segment goes, so that no worker
// reports them as lost, and the cursor says that they are acknowledged before their file is gone. Where the cursor
// can't be saved the segment goes all the same: the operator has asked for room, and a start then counts the records as
// lost.
bool Capacity::drop_oldest() {
  const auto oldest = parts_.segments.oldest();
  if (!oldest || (parts_.writer.is_open() && oldest->name.id == parts_.writer.segment()->id())) {
    return false;
  }
  parts_.tail.discard(oldest->name.id);
  const Sequence limit = std::min(oldest->limit, parts_.end.next());
  const std::uint64_t bytes = open_bytes_in(*oldest, limit);
  parts_.records.forget_below(limit);
  const std::uint64_t dropped = parts_.acknowledgements.drop_range(oldest->name.first, limit, bytes);
  dropped_.add(static_cast<double>(dropped));
  parts_.dispatch.skip_to(limit);
  parts_.acknowledgements.save_below(limit);
  parts_.segments.drop_oldest();
  say_dropped(dropped);
  return true;
}

// The bytes of attributes and payloads of the records below `limit` that are not acknowledged. What can't be read
// counts as nothing.
std::uint64_t Capacity::open_bytes_in(const Segments::Entry& entry, Sequence limit) const {
  std::uint64_t bytes = 0;
  if (auto segment = parts_.segments.open(entry.name)) {
    Scanner scanner(**segment, SegmentHeader::kSize, entry.name.first, limit);
    for (auto found = scanner.next(Scanner::Check::kHeader); found && *found == Scanner::Step::kRecord;
         found = scanner.next(Scanner::Check::kHeader)) {
      bytes += parts_.acknowledgements.contains(scanner.header().sequence) ? 0 : scanner.header().length;
    }
  }
  return bytes;
}

void Capacity::say_dropped(std::uint64_t records) {
  dropped_unsaid_ += records;
  if (dropped_unsaid_ > 0 && drops_.open(parts_.clock.mono())) {
    log::warning("there is no room: the oldest records were dropped, as journal.when_full says",
                 {{"records", std::exchange(dropped_unsaid_, 0)}, {"why", parts_.availability.issue().text}});
  }
}

}  // namespace respand::journal
