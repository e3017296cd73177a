#pragma once
// PublishGate: how many batches may be on their way while the cluster takes them, and while it does not. After a
// failure that concerns the cluster, one batch at a time tries it, at growing intervals. The edge's thread.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/random.h"
#include "respand/base/units.h"
#include "respand/fleet/edge_state.h"

namespace respand::fleet {

class PublishGate {
 public:
  static constexpr Duration kFirstWait = std::chrono::milliseconds{250};
  // A cluster that has a quorum again is noticed so late at most.
  static constexpr Duration kLongestWait = std::chrono::seconds{10};

  explicit PublishGate(std::uint64_t seed) : random_(seed) {}

  // A batch was not stored for a reason that concerns all. Of the answers to batches that were sent before, only the
  // first one makes the wait longer.
  void failed(EdgeCondition condition, std::string_view why, MonoTime now);
  // A batch was stored.
  void succeeded();
  // The connection was made anew, or an operator asks for a try: the wait is over.
  void try_at_once() { try_at_ = MonoTime::min(); }

  // How many more batches may be sent now, where `in_flight` are on their way.
  [[nodiscard]] std::size_t room(MonoTime now, std::size_t in_flight, std::size_t most) const;
  // How many may be on their way at once, of `most` while the cluster takes them.
  [[nodiscard]] std::size_t limit(std::size_t most) const { return is_open() ? most : 1; }
  // When what is due at `wanted` may be sent.
  [[nodiscard]] MonoTime due(MonoTime wanted) const { return is_open() ? wanted : std::max(wanted, try_at_); }
  [[nodiscard]] bool is_open() const { return condition_ == EdgeCondition::kNone; }
  [[nodiscard]] EdgeCondition condition() const { return condition_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  SeededRandom random_;
  EdgeCondition condition_ = EdgeCondition::kNone;
  std::string why_;
  std::uint32_t step_ = 0;  // failures in a row
  MonoTime try_at_ = MonoTime::min();
};

}  // namespace respand::fleet
