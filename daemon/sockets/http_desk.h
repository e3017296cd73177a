#pragma once
// What all connections that speak HTTP share, and what follows a reload of it. io thread only.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "respand/encode/counters.h"
#include "respand/http1/trust.h"
#include "sockets/batching_producer.h"
#include "sockets/http_keys.h"
#include "sockets/http_reads.h"
#include "sockets/http_refusals.h"
#include "sockets/http_routes.h"

namespace respand::sockets {

struct HttpDesk {
  HttpDesk(metrics::Registry& registry, const Clock& clock) : refusals(registry, clock) {}

  // Bytes of bodies that were unpacked and wait for their turn, of all connections: a few KiB that came in can be 20
  // MiB. Where they are used up, a body more is asked to come again.
  static constexpr std::size_t kMostUnpacked = std::size_t{64} << 20;

  http1::HttpTrust trust;
  HttpKeys keys;
  // What /readyz says, and /readyz/intake: "ready", or why not. None: always ready.
  std::function<std::string(bool intake_only)> ready;
  // Export requests (OTLP) that the rules in force can't be kept to for: refused.
  bool refuse_otlp = false;
  // Masks are set, which are for records and traces.
  bool masks = false;
  ServedRoutes routes = 0;
  HttpRefusals refusals;
  AskApi ask_api;  // none: nothing is forwarded
  // Outlives the connections' home, as they may.
  std::shared_ptr<std::size_t> unpacked = std::make_shared<std::size_t>(0);
};

struct HttpShared {
  // Nothing of what a request brought is taken.
  void count_rejected(record::Reason reason) const {
    counters.received.add();
    counters.rejected(reason);
  }
  void count_bad_request() const {
    counters.received.add();
    counters.rejected_request.add();
  }

  BatchingProducer& producer;
  const encode::Counters& counters;
  Bytes max_record;
  HttpDesk& desk;
};

// Whether anybody's web page may reach it.
enum class HttpReach : bool { kUnix, kTcp };

}  // namespace respand::sockets
