#pragma once
// LogTailer: the journal's side for its second reader, the ledger (JournalTailer). It keeps the ledger's place
// (segment_tailer.h), its pin on segments (retention_pins.h), and the bells that tell it when to read. The tailer's
// thread, but for the bells, which the journal's thread rings.

#include <cstdint>
#include <functional>

#include "journal/durable_end.h"
#include "journal/retention_pins.h"
#include "journal/segment_tailer.h"
#include "journal/segments.h"
#include "respand/journal/tailer.h"

namespace respand::journal {

class LogTailer final : public JournalTailer {
 public:
  // All is borrowed.
  LogTailer(const Segments& segments, const DurableEnd& end, RetentionPins& pins)
      : segments_(segments), end_(end), pins_(pins), place_(segments) {}

  // JournalTailer
  [[nodiscard]] std::uint64_t journal() const noexcept override { return end_.journal(); }
  [[nodiscard]] Sequence durable_end() const noexcept override { return end_.next(); }
  void attach_tailer(queue::Doorbell& durable, queue::Doorbell& filled) override;
  Sequence begin(Sequence from) override;
  Status read_on(std::size_t most, const std::function<void(const TailedRecord&)>& visit, TailProgress& turn) override {
    return place_.read_on(end_.next(), most, visit, turn);
  }
  std::uint64_t skip_segment() override { return place_.skip_segment(end_.next()); }
  void unpin(Sequence floor) noexcept override { pins_.raise_ledger(floor); }

  // Records became durable. Journal thread.
  void ring_durable();
  // A segment is full, or closed before that. Journal thread.
  void ring_filled();

 private:
  const Segments& segments_;
  const DurableEnd& end_;
  RetentionPins& pins_;
  SegmentTailer place_;
  queue::Doorbell* durable_bell_ = nullptr;  // constant once threads run
  queue::Doorbell* filled_bell_ = nullptr;   // the same
};

}  // namespace respand::journal
