#include "ledger/journal_tail.h"

#include <algorithm>
#include <utility>

#include "respand/base/log.h"

namespace respand::ledger {

JournalTail::JournalTail(journal::JournalTailer& tailer, queue::Doorbell& durable, queue::Doorbell& filled,
                         metrics::Counter missed)
    : tailer_(tailer), missed_(missed), most_(tailer.durable_end()) {
  tailer_.attach_tailer(durable, filled);
}

void JournalTail::begin(const Place& counted) {
  place_ = counted;
  counted_missed_ = place_.missed;  // The metric counts those of this run.
  uncommitted_ = false;
  const bool same = counted.journal == tailer_.journal() && counted.next > Sequence{};
  place_.journal = tailer_.journal();
  // Without journal.sync a power cut may take records that are counted. Their sequences are given again, to other
  // records: those are to be counted, so the place goes back to the journal's end as the start found it.
  place_.next = tailer_.begin(same ? std::min(counted.next, most_) : Sequence{});
  if (same && counted.next > most_) {
    log::warning("the journal ends before the ledger: the disk lost records that are counted",
                 {{"records", counted.next.value - most_.value}});
  }
}

Status JournalTail::read(const Visit& visit) {
  Status visited;
  const Status done = tailer_.read_on(
      kMostATurn,
      [&](const journal::TailedRecord& tailed) {
        if (visited) {
          visited = visit(tailed);
        }
      },
      turn_);
  if (!visited) {
    place_.next = tailer_.begin(place_.next);
    return visited;
  }
  const std::uint64_t missed = turn_.gone + turn_.unsound;
  uncommitted_ = turn_.next > place_.next;
  place_.next = turn_.next;
  place_.missed += missed;
  if (missed > 0) {
    log::warning("records are missing in the ledger: the journal could not keep them, or they are damaged",
                 {{"records", missed}, {"before_sequence", turn_.next.value}});
  }
  if (done) {
    read_failures_ = 0;
    return {};
  }
  if (++read_failures_ >= kMostReadFailures) {
    skip_segment(done.error());
    return {};
  }
  // What was read before the failure is committed first; the next turn comes to the same place again.
  return uncommitted_ ? Status{} : done;
}

void JournalTail::skip_segment(const Error& why) {
  read_failures_ = 0;
  const std::uint64_t skipped = tailer_.skip_segment();
  log::error("the ledger gives up a segment of the journal that can't be read",
             {{"records", skipped}, {"error", why.message}});
  place_.next = Sequence{place_.next.value + skipped};
  place_.missed += skipped;
  uncommitted_ = true;
}

void JournalTail::committed() {
  missed_.add(static_cast<double>(place_.missed - counted_missed_));
  counted_missed_ = place_.missed;
  tailer_.unpin(place_.next);
  most_ = std::max(most_, place_.next);
  uncommitted_ = false;
}

}  // namespace respand::ledger
