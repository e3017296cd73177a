#pragma once
// Notice: a line for the log about the upstream, written once its mutex is released. Used by UpstreamGate and
// its parts.

#include <string>

#include "respand/base/log.h"
#include "respand/base/units.h"

namespace respand::delivery {

struct Notice {
  const char* event = nullptr;  // null: there is nothing to say
  log::Level level = log::Level::kInfo;
  std::string why{};
  Duration wait{0};  // until the next try
  double pace = 0;   // above 0: the notice is about a new pace, in requests a second
  double share = 0;  // above 0: it is about a share of requests that fail
};

// Any thread; not under a mutex that delivery needs: the log may wait for its reader.
// `route`: the route that the notice is about; empty: that of records.
void write(const Notice& notice, std::string_view route = {});

}  // namespace respand::delivery
