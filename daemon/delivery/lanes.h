#pragma once
// Lanes: whose turn it is, the backlog's or that of the records which came in while it waits (delivery.fresh_share).
// Each lane keeps its own retries, so that those of an old record take nothing from what is fresh, nor the other way.
// Used by RouteLanes and RecordDispatcher, on their worker's thread.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "delivery/retry_queue.h"

namespace respand::delivery {

// The records of one lane that are in a worker's hands and not in flight.
struct Lane {
  RetryQueue retry_queue;
  std::deque<Record> large_waiting;   // due, and overtaken until there is room for them
  std::optional<journal::Ref> spare;  // taken, and not yet begun
  [[nodiscard]] std::size_t records() const { return retry_queue.size() + large_waiting.size() + (spare ? 1 : 0); }
  // The record with this sequence; none where it is not in here. Looks at each.
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

// What of each attempt is the fresh lane's. `demand`: fresh records that come in for each record that is taken.
//
// It is `share`; and more, up to three quarters of the rest, where that is what it takes to send all that comes in: a
// part of them held back would only make the backlog longer by as much as it gets shorter. Where more come in than even
// that, some have to wait whatever is done, and the backlog keeps the whole of its own.
[[nodiscard]] inline double fresh_part(double share, double demand) {
  constexpr double kMostLent = 0.75;
  // What has queued up gets through as well; and a rate is never quite even.
  constexpr double kAbove = 1.2;
  constexpr double kTight = 1.05;
  if (share <= 0) {
    return 0;
  }
  const double most = share + kMostLent * (1 - share);
  return demand * kTight > most ? share : std::clamp(demand * kAbove, share, most);
}

// Shares turns out, exactly in the long run; what one lane has no use for is the other's.
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
  // Turns that a lane may make up for later: they come in clumps, but what was not used for long is not owed.
  static constexpr double kMostSaved = 8;
  static constexpr double kRounding = 1e-9;
  double credit_ = 0;  // turns that the fresh lane has not had yet
};

}  // namespace respand::delivery
