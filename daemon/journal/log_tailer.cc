#include "journal/log_tailer.h"

#include <algorithm>

#include "respand/base/check.h"

namespace respand::journal {

void LogTailer::attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) {
  RESPAND_CHECK(durable_bell_ == nullptr);
  durable_bell_ = &durable;
  filled_bell_ = &filled;
  pins_.pin_ledger(Sequence{0});  // all is kept until begin() says from where on the ledger needs it
}

// A place behind the end is one of a journal that lost its end: the tailer then waits there for new records.
Sequence LogTailer::begin(Sequence from) {
  const Sequence end = end_.next();
  const auto oldest = segments_.oldest();
  const Sequence next = std::min(from > Sequence{} ? from : oldest ? oldest->name.first : end, end);
  place_.start(next);
  pins_.pin_ledger(next);
  return next;
}

void LogTailer::ring_durable() {
  if (durable_bell_ != nullptr) {
    durable_bell_->ring();
  }
}

void LogTailer::ring_filled() {
  if (filled_bell_ != nullptr) {
    filled_bell_->ring();
  }
}

}  // namespace respand::journal
