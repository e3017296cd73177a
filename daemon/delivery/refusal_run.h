#pragma once
// RefusalRun: tells a wrong record from a wrong upstream where the status alone does not. A doubtful 4xx counts against
// the record as long as other records are delivered. After kMost of them in a row, with no delivery between, it counts
// against the upstream: delivery pauses, and the records wait for another try. So a proxy that answers 409 or 418 to
// everything costs kMost records, not the backlog. Statuses that plainly mean the record (400, 413, 422) do not take
// part, however many come. Shared by the workers; any thread.

#include <atomic>
#include <cstdint>

#include "delivery/verdict.h"

namespace respand::delivery {

class RefusalRun {
 public:
  // How many refusals in a row go to the dead letters. Even where half of all records are refused for reasons of their
  // own, only one run in a thousand is that long, and it costs a pause of about a second.
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
