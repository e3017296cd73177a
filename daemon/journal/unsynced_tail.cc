#include "journal/unsynced_tail.h"

#include <utility>

#include "journal/copier.h"
#include "journal/scanner.h"
#include "journal/settings.h"
#include "respand/base/log.h"

namespace respand::journal {
namespace {

// Copies all sound records from the scanner's place on. Records that are damaged, or can't be read where such places
// are to be passed over, stay missing, and whoever reads them later finds that out.
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

void UnsyncedTail::keep(std::shared_ptr<Segment> segment, const SyncedEnd& synced, const Error& why) {
  tail_ = Tail{.segment = std::move(segment), .from = synced};
  retry_at_ = {};
  log::error("the journal could not be synced: records of the last interval are written anew",
             {{"error", why.message}, {"first_sequence", synced.next.value}});
}

void UnsyncedTail::discard(SegmentId segment) {
  if (tail_ && tail_->segment->id() == segment) {
    tail_.reset();
  }
}

void UnsyncedTail::postpone() { retry_at_ = clock_.mono() + kRetryInterval; }

Result<UnsyncedTail::Rewritten> UnsyncedTail::rewrite() {
  const SyncedEnd& from = tail_->from;
  auto copy = segments_.prepare(from.next, clock_.wall(), from.appended);
  if (!copy) {
    return std::move(copy).error();
  }
  Copier copier(**copy, SegmentHeader::kSize);
  Scanner scanner(*tail_->segment, from.offset, from.next, end_.next());
  // The scan ends at the durable end, which is also where the acknowledged records end: nothing new was written since.
  // As in Backlog: a place that stays unreadable, while the rest of its segment can be read, must not stop the journal
  // for ever.
  const bool pass_over = ++tail_->tries >= kReadPatience && header_is_readable(*tail_->segment);
  Status done = copy_all(scanner, copier, pass_over);
  if (done) {
    done = (*copy)->file()->sync_data();
  }
  if (done) {
    done = segments_.adopt(*copy);
  }
  if (!done) {
    return std::move(done).error();
  }
  if (copier.last() != 0) {
    end_.move((*copy)->id(), copier.last());
  }
  log::info("the records of the last interval are on the disk now",
            {{"first_sequence", from.next.value}, {"segment", (*copy)->id().value}});
  tail_.reset();
  return Rewritten{std::move(*copy), copier.end()};
}

}  // namespace respand::journal
