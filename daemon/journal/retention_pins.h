#pragma once
// RetentionPins: from which sequence on the spool and the ledger still look for records that delivery is done with. The
// spool's pin always holds, and is persisted with the cursor; the ledger's gives way where the journal needs the room.

#include <atomic>

#include "journal/durable_end.h"
#include "journal/progress_signal.h"
#include "journal/segment_measure.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/journal/retention_pin.h"

namespace respand::journal {

class RetentionPins final : public RetentionPin {
 public:
  // `persisted`: the spool's floor as the cursor has it. The others are borrowed.
  RetentionPins(const DurableEnd& end, ProgressSignal& progress, Sequence persisted, const Clock& clock)
      : end_(end), progress_(progress), clock_(clock), spool_(persisted.value) {}

  // RetentionPin, for the spool's thread.
  void keep_from(Sequence floor) noexcept override;
  Sequence hold() noexcept override;

  // Any thread. Sequence{~0}: nobody looks back.
  [[nodiscard]] Sequence spool() const { return Sequence{spool_.load()}; }
  [[nodiscard]] Sequence ledger() const { return Sequence{ledger_.load()}; }
  [[nodiscard]] SegmentReaders readers() const { return {.spool = spool(), .ledger = ledger()}; }
  // The spool's floor for the next run: never above the end, so that the next run keeps what was offered later. Any
  // thread.
  [[nodiscard]] Sequence persistable() const;

  // The ledger's thread, or the main one before it runs.
  void pin_ledger(Sequence from) { ledger_ = from.value; }
  void raise_ledger(Sequence floor) noexcept;

  // Logs that records were given up which the ledger had not read; `oldest`: the first record that is still there.
  // Journal thread.
  void report_ledger_loss(Sequence oldest);

 private:
  const DurableEnd& end_;
  ProgressSignal& progress_;
  const Clock& clock_;
  std::atomic<std::uint64_t> spool_;           // the spool's thread writes, others read
  std::atomic<std::uint64_t> ledger_ = ~0ULL;  // the ledger's thread writes, the journal's reads
  log::LogThrottle ledger_losses_;
};

}  // namespace respand::journal
