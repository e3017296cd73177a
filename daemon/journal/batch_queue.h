#pragma once
// BatchQueue: the journal's side for producers (JournalWriter). It has the ring in which their batches wait, and the
// batch in front, which the journal's thread has taken out to look at. The functions of JournalWriter may be called on
// any thread, all others on the journal's, or with its turn (Journal::write_ahead).

#include <functional>
#include <memory>
#include <utility>

#include "journal/availability.h"
#include "journal/durable_end.h"
#include "respand/journal/writer.h"
#include "respand/queue/doorbell.h"
#include "respand/queue/ring.h"

namespace respand::journal {

class BatchQueue final : public JournalWriter {
 public:
  // All is borrowed; `sleeper`: where the journal's thread waits.
  BatchQueue(const DurableEnd& end, const Availability& availability, queue::Sleeper& sleeper)
      : end_(end), availability_(availability), bell_([&sleeper] { sleeper.wake(); }) {}

  // Sets what offer() calls in place of waking the journal's thread, if it returns true. Requires: before threads
  // start.
  void set_write_ahead(std::function<bool()> write_ahead) { write_ahead_ = std::move(write_ahead); }

  // JournalWriter
  [[nodiscard]] bool offer(std::unique_ptr<Batch>& batch) noexcept override;
  [[nodiscard]] bool accepting() const noexcept override { return availability_.accepting(); }
  [[nodiscard]] Sequence durable_end() const noexcept override { return end_.next(); }

  // The next batch, which stays in front until pop(); null where no batch waits.
  [[nodiscard]] const Batch* front() { return front_ != nullptr || ring_.try_pop(front_) ? front_.get() : nullptr; }
  // Requires: front().
  [[nodiscard]] std::unique_ptr<Batch> pop() { return std::move(front_); }
  // Whether front() has found a batch that was not popped yet.
  [[nodiscard]] bool has_front() const { return front_ != nullptr; }
  [[nodiscard]] bool empty() const { return front_ == nullptr && ring_.size() == 0; }

  // Arms the bell: the next offer() ends the thread's wait. False where a batch waits already; the bell is not armed
  // then.
  [[nodiscard]] bool arm();
  void disarm() { bell_.disarm(); }

 private:
  const DurableEnd& end_;
  const Availability& availability_;
  queue::Ring<std::unique_ptr<Batch>> ring_{JournalWriter::kRingCapacity};
  queue::Doorbell bell_;
  std::function<bool()> write_ahead_ = [] { return false; };
  std::unique_ptr<Batch> front_;  // journal thread
};

}  // namespace respand::journal
