#include "journal/retention_pins.h"

#include <algorithm>

namespace respand::journal {

void RetentionPins::keep_from(Sequence floor) noexcept {
  if (floor.value > spool_) {
    spool_ = floor.value;
    progress_.note();  // A segment may have become free.
  }
}

Sequence RetentionPins::hold() noexcept {
  const std::uint64_t end = end_.next().value;
  spool_ = std::min(spool_.load(), end);
  return Sequence{end};
}

// The end is read before the floor. Where the spool holds nothing when its floor is read, whatever it offers afterwards
// comes behind that end, and is kept by the next run.
Sequence RetentionPins::persistable() const {
  const Sequence end = end_.next();
  return std::min(end, spool());
}

void RetentionPins::raise_ledger(Sequence floor) noexcept {
  ledger_ = std::max(ledger_.load(), floor.value);  // One thread writes; the next turn of the journal sees it.
}

void RetentionPins::report_ledger_loss(Sequence oldest) {
  if (ledger_losses_.open(clock_.mono())) {
    log::warning("the journal needs room: it gave up records that the ledger had not read yet",
                 {{"sequence", ledger().value}, {"oldest", oldest.value}});
  }
}

}  // namespace respand::journal
