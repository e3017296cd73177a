#pragma once
// HttpRefusals: what is remembered of refused requests: counters by status and route, and which paths clients ask for
// that respand does not serve, so that a client that is set up wrongly is noticed. io thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/metrics/metrics.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

// The last POST to a path that is not served.
struct Unserved {
  std::string path = {};  // empty: there was none
  std::string user_agent = {};
  std::uint64_t requests = 0;  // such POSTs since the start
  WallTime last{};
};

class HttpRefusals {
 public:
  // How many paths have a throttle of their own, so that each is logged once a minute. Further paths share one.
  static constexpr std::size_t kMostPaths = 64;
  static constexpr Duration kSaidEach = std::chrono::minutes{1};

  HttpRefusals(metrics::Registry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  // A request was refused with this status. `route`: label_of().
  void count(unsigned status, std::string_view route);
  // A request was for a path that is not served.
  void note_unserved(std::string_view method, std::string_view path, std::string_view user_agent);
  // A request bore no known key where one is required.
  void note_unknown_key(std::string_view path, std::string_view user_agent);
  [[nodiscard]] const Unserved& unserved() const { return unserved_; }

 private:
  [[nodiscard]] log::LogThrottle& gate_of(const std::string& path);

  metrics::Registry& registry_;
  const Clock& clock_;
  std::map<std::pair<unsigned, std::string>, metrics::Counter> counters_;
  std::map<std::string, log::LogThrottle> gates_;
  log::LogThrottle others_{kSaidEach};
  log::LogThrottle unknown_keys_{kSaidEach};
  Unserved unserved_;
};

}  // namespace respand::sockets
