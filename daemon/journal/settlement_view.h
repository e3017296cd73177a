#pragma once
// SettlementView: what the acknowledgements say to those who wait for them. Any thread.

#include <functional>
#include <utility>

#include "journal/acknowledgements.h"
#include "journal/progress_signal.h"
#include "respand/journal/settlement.h"

namespace respand::journal {

class SettlementView final : public Settlement {
 public:
  // All borrowed.
  SettlementView(const Acknowledgements& acknowledgements, ProgressSignal& progress)
      : acknowledgements_(acknowledgements), progress_(progress) {}

  void wire(std::function<void()> hook) override { progress_.wire(std::move(hook)); }
  void arm() override { progress_.arm(); }
  [[nodiscard]] Sequence acknowledged_below() const override { return acknowledgements_.floor(); }
  [[nodiscard]] bool is_acknowledged(Sequence first, Sequence end) const override {
    return acknowledgements_.open_in(first, end).empty();
  }

 private:
  const Acknowledgements& acknowledgements_;
  ProgressSignal& progress_;
};

}  // namespace respand::journal
