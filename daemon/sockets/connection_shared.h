#pragma once
// ConnectionShared: what all connections work with: the producer, the scratch memory, the pool for unfinished records,
// peers and counters. io thread only.

#include <array>
#include <cstddef>
#include <memory>

#include "respand/net/crowd.h"
#include "respand/net/listener.h"
#include "sockets/closed_counters.h"
#include "sockets/gathered_reads.h"
#include "sockets/http_server.h"
#include "sockets/lines.h"
#include "sockets/partial_record_pool.h"
#include "sockets/patience.h"
#include "sockets/peer_quotas.h"

namespace respand::sockets {

struct ConnectionShared {
  struct Settings {
    Bytes max_record = record::kMaxRecord;
    net::ConnectionLimits limits;
    Patience::Limits patience;
    // The pool for unfinished records, beyond what each connection has free; the favoured one's reserve is not
    // included.
    std::size_t shared_memory = std::size_t{20} << 20;
    Duration stall_grace = std::chrono::seconds{10};
    Duration stall_check = std::chrono::seconds{1};
    // How long records of writers that wait for no answer may gather in their sockets (ReadCadence); 0: not at all.
    Duration gather_reads{0};
  };
  // The most that one read takes. Large enough that a busy writer costs few system calls.
  static constexpr std::size_t kScratch = 256 * 1024;

  // All but `settings` is borrowed. `users`: who may connect over a Unix socket, and how much they may send.
  ConnectionShared(net::Loop& loop_in, const Settings& settings_in, BatchingProducer& producer_in, PeerQuotas& users_in,
                   metrics::Registry& registry, const Clock& clock_in)
      : settings(settings_in),
        loop(loop_in),
        producer(producer_in),
        users(users_in),
        clock(clock_in),
        socket(registry, encode::kInputSocket),
        http(registry, encode::kInputHttp),
        closed(registry),
        rate_limit_waits(registry.counter("respand_rate_limit_waits_total",
                                          "Times a connection was not read from because its user was over its limit")),
        pool(settings_in.shared_memory),
        desk(registry, clock_in),
        lines{producer, socket, settings.max_record},
        http_server{producer, http, settings.max_record, desk},
        scratch(std::make_unique_for_overwrite<std::array<char, kScratch>>()),
        gathered(loop_in, settings_in.gather_reads) {}

  [[nodiscard]] const encode::Counters& counters(net::Transport transport) const {
    return transport == net::Transport::kUnix ? socket : http;
  }

  const Settings settings;
  net::Loop& loop;
  BatchingProducer& producer;
  PeerQuotas& users;
  PeerQuotas addresses{{}, {}, PeerKind::kAddress};  // of peers over TCP
  const Clock& clock;
  const encode::Counters socket;
  const encode::Counters http;
  const ClosedCounters closed;
  const metrics::Counter rate_limit_waits;
  PartialRecordPool pool;
  HttpDesk desk;
  const Lines::Shared lines;
  const HttpServer::Shared http_server;
  const std::unique_ptr<std::array<char, kScratch>> scratch;
  GatheredReads gathered;  // last, because it may hold connections
};

}  // namespace respand::sockets
