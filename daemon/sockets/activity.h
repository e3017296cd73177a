#pragma once
// Activity: what came of a connection so far, and how long it is waited for: who keeps a place that others need is told
// by it. Pure; io thread.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "sockets/partial_record_pool.h"
#include "sockets/patience.h"

namespace respand::sockets {

class Activity {
 public:
  explicit Activity(MonoTime now) : opened_(now), heard_(now) {}

  [[nodiscard]] Patience& patience() { return patience_; }
  [[nodiscard]] const Patience& patience() const { return patience_; }
  void heard(std::size_t bytes, MonoTime now) {
    heard_ = now;
    bytes_ += bytes;
    patience_.heard(bytes);
  }
  // So many lines or requests were there as a whole. True where that is another number than the last time.
  bool note_completed(std::uint64_t completed) {
    const bool another = completed_ != completed;
    completed_ = completed;
    return another;
  }
  // Since when it has been of no use, where nothing has come of it yet: trickling bytes are no use either.
  [[nodiscard]] MonoTime idle_since() const { return bytes_ < PartialRecordPool::kFree ? opened_ : heard_; }

 private:
  Patience patience_;
  const MonoTime opened_;
  MonoTime heard_;               // when something came last
  std::uint64_t bytes_ = 0;      // that came so far
  std::uint64_t completed_ = 0;  // when all of the input was last taken
};

}  // namespace respand::sockets
