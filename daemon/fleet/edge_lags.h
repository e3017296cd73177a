#pragma once
// EdgeLags: how far behind each edge is, as a relay sees it by the messages that it takes, for status and the metrics
// page. Names come from messages, so their number is bounded, and edges that are silent for a day go. The
// relay's thread writes; whoever asks for status or metrics reads, under the owner's lock.

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"
#include "respand/fleet/relay_state.h"
#include "respand/metrics/metrics.h"

namespace respand::fleet {

class EdgeLags {
 public:
  // Of so many edges something is known. All others together are "other".
  static constexpr std::size_t kMost = 1000;
  static constexpr Duration kForget = std::chrono::hours{24};
  static constexpr std::size_t kLongestName = 128;  // bytes

  // A message of the edge was taken whose oldest record is so old.
  void note(std::string_view host, Duration lag, MonoTime now);
  // Lets edges go that are silent for long.
  void forget(MonoTime now);
  [[nodiscard]] std::size_t size() const { return edges_.size(); }
  // All of them, in the order of their names.
  [[nodiscard]] std::vector<EdgeLag> all(MonoTime now) const;
  // At most `most`, the largest lag first.
  [[nodiscard]] std::vector<EdgeLag> furthest_behind(std::size_t most, MonoTime now) const;

 private:
  struct Known {
    Duration lag{0};
    MonoTime last{};
  };
  std::map<std::string, Known, std::less<>> edges_;
};

// Has the registry show what `lags` holds, for as long as the registry lives.
void show_edge_lags(metrics::Registry& registry, const std::shared_ptr<LockGuarded<EdgeLags>>& lags,
                    const Clock& clock);

}  // namespace respand::fleet
