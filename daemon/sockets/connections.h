#pragma once
// Connections: owns all accepted connections. It decides which are let in, which give way, and which are closed because
// they keep others waiting, and hands them to the next process. io thread only.

#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "respand/base/log.h"
#include "respand/net/crowd.h"
#include "sockets/connection.h"
#include "sockets/connection_handoff.h"
#include "sockets/connection_shared.h"

namespace respand::sockets {

class Connections {
 public:
  using Settings = ConnectionShared::Settings;

  // All but `settings` is borrowed. `users`: who may connect over a Unix socket, and how much they may send.
  Connections(net::Loop& loop, const Settings& settings, BatchingProducer& producer, PeerQuotas& users,
              metrics::Registry& registry, const Clock& clock);
  ~Connections();

  // Takes an accepted connection in, or closes it at once if it is one too many or not allowed. Where all places are
  // taken, the connection that has been of no use for longest (Connection::idle_since) gives way.
  void add(UniqueFd socket, net::Transport transport);
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  // Replaces the limits. Connections beyond a lower limit stay.
  void reconfigure(const net::ConnectionLimits& limits) { limits_ = limits; }
  // A connection could not be accepted (errno), most likely because the process has no descriptor left.
  void note_not_accepted(int os_error);
  [[nodiscard]] net::Crowd crowd();
  // Every connection finishes what it has taken in. `done` is called, perhaps at once, when the last one is gone.
  // Connections that can go on in the next process are put into `handoff`, which may be null, and is borrowed.
  void stop(ConnectionHandoff* handoff, std::function<void()> done);
  // Goes on with a connection of an earlier process. The same limits apply as to a new one.
  void take_back(RestoredConnection restored);
  void close_all();

  // For Connection.
  void forget(Connection& connection);
  void next_turn(Connection& connection);
  // A connection's deadline is this, or later.
  void expect_by(MonoTime deadline);
  void budget_changed();
  [[nodiscard]] bool hands_over() const { return handoff_ != nullptr; }
  void hand_over(ConnectionState connection_state, UniqueFd socket_fd);

  ConnectionShared shared;

 private:
  // One for each message of the log.
  struct Throttles {
    log::LogThrottle not_accepted;
    log::LogThrottle too_many;
    log::LogThrottle too_many_of_user;
    log::LogThrottle not_allowed;
    log::LogThrottle stalled;
    log::LogThrottle not_left;
  };

  [[nodiscard]] std::shared_ptr<Connection> let_in(UniqueFd socket, net::Transport transport);
  // Whether there is a place for one more, or one could be made.
  [[nodiscard]] bool find_place(net::Transport transport, const PeerQuota* user);
  template <typename Among>
  [[nodiscard]] std::shared_ptr<Connection> least_useful(Among&& among) const;
  template <typename Among>
  [[nodiscard]] bool make_room(Among&& among);
  void run_turn();
  void check_stalls();
  void check_deadlines();

  std::unordered_set<std::shared_ptr<Connection>> all_;
  std::vector<std::shared_ptr<Connection>> next_turn_;
  net::ConnectionLimits limits_ = shared.settings.limits;
  std::size_t tcp_ = 0;  // of all_
  std::optional<MonoTime> no_descriptor_since_;
  std::optional<MonoTime> next_deadline_;  // for which deadline_alarm_ is set
  std::function<void()> stopped_;
  ConnectionHandoff* handoff_ = nullptr;  // set from stop() on, if connections are handed over
  Throttles throttles_;
  net::DeferredCall turn_;
  net::DeferredCall budget_turn_;
  net::Timer stall_alarm_;
  net::Timer deadline_alarm_;
};

}  // namespace respand::sockets
