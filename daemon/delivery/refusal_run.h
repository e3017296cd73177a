#pragma once
// RefusalRun: tells a wrong record from a wrong upstream where the status alone does not. A 4xx that does not
// plainly mean the record counts against the record while other records are delivered. Where kMost in a row are refused
// and none is delivered between, it is the upstream: from then on delivery pauses, and the records wait for another
// try. So a proxy that answers 409 or 418 to everything costs kMost records, not the backlog. Statuses that plainly
// mean the record (400, 413, 422) are no part of it, however many come. Shared by the workers; any thread.

#include <atomic>
#include <cstdint>

#include "delivery/verdict.h"

namespace respand::delivery {

class RefusalRun {
 public:
  // Refusals in a row that go to the dead letters. At half of all records refused for a reason of their own, one row
  // in a thousand is that long, and costs a pause of about a second.
  static constexpr std::uint32_t kMost = 10;

  // What the answer means for its record, or for its batch, given what came before.
  [[nodiscard]] Verdict judge(Fault fault, const http::Answer& answer);
  void delivered() noexcept {
    if (refused_.load(std::memory_order_relaxed) != 0) {
      refused_.store(0, std::memory_order_relaxed);
    }
  }

 private:
  // Since the last delivery. Written by all workers; one refusal more or less does not matter, hence relaxed.
  std::atomic<std::uint32_t> refused_ = 0;
};

}  // namespace respand::delivery
