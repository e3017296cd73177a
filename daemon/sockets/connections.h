#pragma once
// All accepted connections, and what they share: the producer, the scratch memory, the budget for unfinished records,
// the limits. io thread only.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "respand/base/log.h"
#include "respand/encode/counters.h"
#include "respand/net/crowd.h"
#include "sockets/closed_counters.h"
#include "sockets/connection.h"
#include "sockets/connection_handoff.h"
#include "sockets/http_server.h"
#include "sockets/lines.h"
#include "sockets/partial_record_pool.h"
#include "sockets/peer_quotas.h"

namespace respand::sockets {

class Connections {
 public:
  struct Settings {
    Bytes max_record = record::kMaxRecord;
    net::ConnectionLimits limits;
    Patience::Limits patience;
    // For unfinished records beyond what is free to each connection, the reserve of the favoured one not included.
    std::size_t shared_memory = std::size_t{20} << 20;
    Duration stall_grace = std::chrono::seconds{10};
    Duration stall_check = std::chrono::seconds{1};
  };
  // What one read takes at most. Large enough that a busy writer costs few system calls.
  static constexpr std::size_t kScratch = 256 * 1024;

  // All but `settings` is borrowed. `users`: who may connect over a Unix socket, and how much they may send.
  Connections(net::Loop& loop, const Settings& settings, BatchingProducer& producer, PeerQuotas& users,
              metrics::Registry& registry, const Clock& clock);
  ~Connections();

  // Takes an accepted connection in, or closes it at once where it is one too many or not allowed. Where all places are
  // taken, who has been of no use for longest (Connection::idle_since) gives way.
  void add(UniqueFd socket, net::Transport transport);
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  // Those that are one too many stay.
  void reconfigure(const net::ConnectionLimits& limits) { limits_ = limits; }
  // One could not be accepted (errno): no descriptor was left for it, most likely.
  void note_not_accepted(int os_error);
  [[nodiscard]] net::Crowd crowd();
  // Every connection finishes what it has; `done` is called, perhaps at once, when the last one has closed. Those that
  // can go on in the next process are put into `handoff`, which may be null, and is borrowed.
  void stop(ConnectionHandoff* handoff, std::function<void()> done);
  // A connection of an earlier process goes on. The limits are the same as for a new one.
  void take_back(RestoredConnection restored);
  void close_all();

  // For Connection.
  void forget(Connection& connection);
  void next_turn(Connection& connection);
  // Its deadline is this, or later.
  void expect_by(MonoTime deadline);
  void budget_changed();
  [[nodiscard]] bool hands_over() const { return handoff_ != nullptr; }
  void hand_over(ConnectionState connection_state, UniqueFd socket_fd);
  [[nodiscard]] std::array<char, kScratch>& scratch() { return *scratch_; }

  const Settings settings;
  net::Loop& loop;
  BatchingProducer& producer;
  PeerQuotas& users;
  PeerQuotas addresses{{}, {}, PeerKind::kAddress};  // of those who come over TCP
  const Clock& clock;
  const encode::Counters socket;
  const encode::Counters http;
  const ClosedCounters closed;
  const metrics::Counter rate_limit_waits;
  PartialRecordPool pool;
  HttpDesk desk;
  const Lines::Shared lines;
  const HttpServer::Shared http_server;

 private:
  [[nodiscard]] std::shared_ptr<Connection> let_in(UniqueFd socket, net::Transport transport);
  [[nodiscard]] const encode::Counters& counters(net::Transport transport) const {
    return transport == net::Transport::kUnix ? socket : http;
  }
  // Whether there is a place, or one was made.
  [[nodiscard]] bool find_place(net::Transport transport, const PeerQuota* user);
  template <typename Among>
  [[nodiscard]] std::shared_ptr<Connection> least_useful(Among&& among) const;
  template <typename Among>
  [[nodiscard]] bool make_room(Among&& among);
  void run_turn();
  void check_stalls();
  void check_deadlines();

  const std::unique_ptr<std::array<char, kScratch>> scratch_;
  std::unordered_set<std::shared_ptr<Connection>> all_;
  std::vector<std::shared_ptr<Connection>> next_turn_;
  net::ConnectionLimits limits_ = settings.limits;
  std::size_t tcp_ = 0;  // of all_
  std::optional<MonoTime> no_descriptor_since_;
  std::optional<MonoTime> next_deadline_;  // for which deadline_alarm_ is set
  std::function<void()> stopped_;
  ConnectionHandoff* handoff_ = nullptr;  // set while they stop
  log::LogThrottle not_accepted_;
  log::LogThrottle too_many_;
  log::LogThrottle too_many_of_user_;
  log::LogThrottle not_allowed_;
  log::LogThrottle stalled_;
  log::LogThrottle not_left_;
  net::DeferredCall turn_;
  net::DeferredCall budget_turn_;
  net::Timer stall_alarm_;
  net::Timer deadline_alarm_;
};

}  // namespace respand::sockets
