#pragma once
// What all HTTP connections share: the rules that a reload changes (HttpDesk), and what each server works with
// (HttpShared). io thread only.

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

  // How many bytes of decompressed bodies all connections may hold: a few KiB that come in can be 20 MiB decompressed.
  // Beyond this a client is asked to send its body again soon (503).
  static constexpr std::size_t kMostUnpacked = std::size_t{64} << 20;

  http1::HttpTrust trust;
  HttpKeys keys;
  // The answer to /readyz and /readyz/intake: "ready", or why not. None: always ready.
  std::function<std::string(bool intake_only)> ready;
  // OTLP export requests are refused, because the rules in force can't be applied to them.
  bool refuse_otlp = false;
  // Masks are set. They are applied to records and traces; other OTLP requests are refused.
  bool masks = false;
  ServedRoutes routes = 0;
  HttpRefusals refusals;
  AskApi ask_api;  // none: nothing is forwarded
  // Shared, because connections may outlive the desk.
  std::shared_ptr<std::size_t> unpacked = std::make_shared<std::size_t>(0);
};

struct HttpShared {
  // Counts a request of whose body nothing is taken.
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

// How a client reaches the server. Over TCP any web page that a browser shows may try.
enum class HttpReach : bool { kUnix, kTcp };

}  // namespace respand::sockets
