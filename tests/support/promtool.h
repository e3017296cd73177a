#pragma once
// Finds promtool, Prometheus' own checker of metrics pages and rules; scripts/install-packages --tests installs it.

#include <unistd.h>

#include <optional>
#include <string>

namespace respand::test {

// Its path; nothing where it is not installed.
inline std::optional<std::string> find_promtool() {
  for (const char* const place : {"/usr/local/bin/promtool", "/usr/bin/promtool"}) {
    if (::access(place, X_OK) == 0) {
      return place;
    }
  }
  return std::nullopt;
}

}  // namespace respand::test
