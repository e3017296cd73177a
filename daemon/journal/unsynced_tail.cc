// Journal: under journal.sync: interval, what a failed fdatasync has left in doubt.
//
// The groups behind the last good sync are acknowledged and gone from memory. Reads still find them, in the page cache;
// but the kernel takes them for written, and another fdatasync of that file would say so, whether they are or not. So
// they are read back and written anew, under the same sequences, to a file that becomes the next segment when all of it
// is durable: until then the old one holds them, for whom kill -9 makes start again. Nothing new becomes durable
// before.

#include <algorithm>
#include <utility>

#include "journal/copier.h"
#include "journal/journal.h"

namespace respand::journal {
namespace {

// All from the scanner's place on. What the disk does not hold any more, or where it is to be passed over can't be
// read, stays missing, and is found where it is read.
Status copy_all(Scanner& from, Copier& to, bool pass_over_unreadable) {
  for (;;) {
    auto step = from.next(Scanner::Check::kWhole);
    if (step && *step == Scanner::Step::kRecord) {
      if (Status added = to.add(from.bytes(), from.header(), from.header().flags); !added) {
        return added;
      }
      continue;
    }
    Result<bool> more = false;
    if (!step) {
      more = std::move(step).error();
    } else if (from.expected() < from.limit()) {
      more = from.resync();
    }
    while (!more && pass_over_unreadable) {
      from.skip_page();
      more = from.resync();
    }
    if (!more || !*more) {
      return more ? to.flush() : Status(std::move(more).error());
    }
  }
}

}  // namespace

// Under journal.sync: interval. Requires: an open segment.
bool Journal::sync_segment() {
  sync_at_ = MonoTime::max();
  const Status synced = segment_->file()->sync_data();
  if (synced) {
    note_synced();
    return true;
  }
  segments_.spoil_newest();
  unsynced_ = UnsyncedTail{.segment = segment_, .from = synced_};
  unsynced_retry_at_ = {};
  log::error("the journal could not be synced: records of the last interval are written anew",
             {{"error", synced.error().message}, {"first_sequence", synced_.next.value}});
  return false;
}

void Journal::note_synced() { synced_ = {offset_, Sequence{durable_end_}, appended_}; }

void Journal::sync_if_due(MonoTime now) {
  if (sync_at_ != MonoTime::max() && now >= sync_at_ && !sync_segment()) {
    leave_segment(true);
  }
  if (unsynced_ && now >= unsynced_retry_at_ && rewrite() == Commit::kDone && group_.empty() && accepting()) {
    clear_issue();
  }
}

// Requires: no open segment. Where it is done the copy is open, and durable.
Journal::Commit Journal::rewrite() {
  unsynced_retry_at_ = clock_.mono() + kRetryInterval;
  if (const Commit capacity = make_capacity_for_segment(); capacity != Commit::kDone) {
    set_issue(Condition::kUnsyncedFull,
              "records of the last interval can't be written anew: journal.max_size is reached");
    return capacity;
  }
  const Synced& from = unsynced_->from;
  auto copy = segments_.prepare(from.next, clock_.wall(), from.appended);
  Status done = copy ? Status() : Status(copy.error());
  Copier copier(copy ? **copy : *unsynced_->segment, SegmentHeader::kSize);
  if (done) {
    Scanner scanner(*unsynced_->segment, from.offset, from.next, Sequence{durable_end_});
    // As in Backlog: what stays unreadable while the rest of its segment can be read holds up nobody for ever.
    done = copy_all(scanner, copier,
                    ++unsynced_->tries >= Backlog::kReadPatience && header_is_readable(*unsynced_->segment));
  }
  if (done) {
    done = (*copy)->file()->sync_data();
  }
  if (done) {
    done = segments_.adopt(*copy);
  }
  if (!done) {
    fail_with(done.error());
    return Commit::kFailed;
  }
  segment_ = std::move(*copy);
  offset_ = copier.end();
  if (copier.last() != 0) {
    mark_->segment = segment_->id();
    mark_->offset = copier.last();
    note_end();
  }
  note_synced();
  log::info("the records of the last interval are on the disk now",
            {{"first_sequence", from.next.value}, {"segment", segment_->id().value}});
  unsynced_.reset();
  return Commit::kDone;
}

}  // namespace respand::journal
