#pragma once
// All accepted connections: who is let in, who gives way, who is closed because he keeps others waiting, and their
// hand-over to the next process. io thread only.

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

  ConnectionShared shared;

 private:
  // Of the log, by what is said.
  struct Throttles {
    log::LogThrottle not_accepted;
    log::LogThrottle too_many;
    log::LogThrottle too_many_of_user;
    log::LogThrottle not_allowed;
    log::LogThrottle stalled;
    log::LogThrottle not_left;
  };

  [[nodiscard]] std::shared_ptr<Connection> let_in(UniqueFd socket, net::Transport transport);
  // Whether there is a place, or one was made.
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
  ConnectionHandoff* handoff_ = nullptr;  // set while they stop
  Throttles throttles_;
  net::DeferredCall turn_;
  net::DeferredCall budget_turn_;
  net::Timer stall_alarm_;
  net::Timer deadline_alarm_;
};

}  // namespace respand::sockets
