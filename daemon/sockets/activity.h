#pragma once
// Activity: what has come of a connection so far, and how long respand waits for it. It tells which connection should
// give way where all places are taken. Pure; io thread.

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
  [[nodiscard]] MonoTime last_heard() const { return heard_; }
  // Notes how many lines or requests have been complete so far. True: the number has changed since the last call.
  bool note_completed(std::uint64_t completed) {
    const bool another = completed_ != completed;
    completed_ = completed;
    return another;
  }
  // Since when the connection has been of no use, if no line or request was completed yet. Bytes that trickle in do not
  // count until there are kFree of them.
  [[nodiscard]] MonoTime idle_since() const { return bytes_ < PartialRecordPool::kFree ? opened_ : heard_; }

 private:
  Patience patience_;
  const MonoTime opened_;
  MonoTime heard_;               // when something came last
  std::uint64_t bytes_ = 0;      // received so far
  std::uint64_t completed_ = 0;  // lines or requests, when all input was last taken
};

}  // namespace respand::sockets
