#pragma once
// Lanes: the records that a worker holds, in two lanes: the backlog, and the fresh records that came in while it waits
// (delivery.fresh_share); and whose turn it is. Each lane has retries of its own, so that neither lane's retries take
// turns of the other. Used by RouteLanes and RecordDispatcher, on their worker's thread.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "delivery/retry_queue.h"

namespace respand::delivery {

// The records of one lane that a worker has taken and that are not in flight.
struct Lane {
  RetryQueue retry_queue;
  std::deque<Record> large_waiting;   // due, but without room in memory yet: smaller ones overtake them
  std::optional<journal::Ref> spare;  // taken from the journal, not yet sent
  [[nodiscard]] std::size_t records() const { return retry_queue.size() + large_waiting.size() + (spare ? 1 : 0); }
  // Takes out the record with this sequence; none where it is not here. Looks at each record.
  [[nodiscard]] std::optional<Record> take(Sequence sequence) {
    if (auto retrying = retry_queue.take(sequence)) {
      return retrying;
    }
    const auto found = std::find_if(large_waiting.begin(), large_waiting.end(),
                                    [&](const Record& record) { return record.ref.sequence == sequence; });
    if (found == large_waiting.end()) {
      return std::nullopt;
    }
    std::optional<Record> record(std::move(*found));
    large_waiting.erase(found);
    return record;
  }
};

enum class LaneName : std::uint8_t { kBacklog, kFresh };

// The part of the attempts that the fresh lane gets. `demand`: fresh records that come in for each record that is
// taken.
//
// The part is `share`. It is more, by up to three quarters of the rest, where that suffices to send all that comes in:
// fresh records that were held back would make the backlog longer by as much as it gets shorter. Where even that does
// not suffice, some fresh records must wait anyhow, and the part stays at `share`.
[[nodiscard]] inline double fresh_part(double share, double demand) {
  constexpr double kMostLent = 0.75;
  // Above the demand by a fifth, so that fresh records that have queued up get through as well. The demand itself may
  // waver by a twentieth.
  constexpr double kAbove = 1.2;
  constexpr double kTight = 1.05;
  if (share <= 0) {
    return 0;
  }
  const double most = share + kMostLent * (1 - share);
  return demand * kTight > most ? share : std::clamp(demand * kAbove, share, most);
}

// Shares the turns out, exactly in the long run. A turn that one lane has no use for goes to the other.
class LaneTurns {
 public:
  // Whose turn the next attempt is, where the fresh lane gets this part of them.
  [[nodiscard]] LaneName next(double part) const {
    return credit_ + part >= 1 - kRounding ? LaneName::kFresh : LaneName::kBacklog;
  }
  // An attempt was begun.
  void took(LaneName lane, double part) {
    credit_ += part - (lane == LaneName::kFresh ? 1 : 0);
    credit_ = std::clamp(credit_, -kMostSaved, kMostSaved);
  }

 private:
  // How many turns a lane may make up for later. Records come in clumps; but turns that a lane had no use for over a
  // long time are not owed to it.
  static constexpr double kMostSaved = 8;
  static constexpr double kRounding = 1e-9;
  double credit_ = 0;  // turns that are owed to the fresh lane; below 0: to the backlog
};

}  // namespace respand::delivery
