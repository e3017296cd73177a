#include "sockets/connections.h"

#include <algorithm>
#include <cstring>

namespace respand::sockets {

Connections::Connections(net::Loop& loop_in, const Settings& settings_in, BatchingProducer& producer_in,
                         PeerQuotas& users_in, metrics::Registry& registry, const Clock& clock_in)
    : shared(loop_in, settings_in, producer_in, users_in, registry, clock_in),
      turn_(loop_in, [this] { run_turn(); }),
      budget_turn_(loop_in, [this] { shared.pool.resume(); }),
      stall_alarm_(loop_in, [this] { check_stalls(); }),
      deadline_alarm_(loop_in, [this] { check_deadlines(); }) {}

Connections::~Connections() { close_all(); }

void Connections::add(UniqueFd socket_fd, net::Transport transport) {
  const auto connection = let_in(std::move(socket_fd), transport);
  if (connection != nullptr && !connection->start()) {
    connection->close();
  }
}

void Connections::take_back(RestoredConnection restored) {
  const auto connection =
      let_in(std::move(restored.socket), restored.connection_state.tcp ? net::Transport::kTcp : net::Transport::kUnix);
  if (connection != nullptr && !connection->resume(std::move(restored.connection_state))) {
    connection->close();
  }
}

void Connections::note_not_accepted(int os_error) {
  shared.closed.no_descriptor.add();
  no_descriptor_since_ = shared.clock.mono();
  if (throttles_.not_accepted.open(shared.clock.mono())) {
    log::warning("connection can't be accepted", {{"why", std::strerror(os_error)},
                                                  {"connections", count()},
                                                  {"held_back", throttles_.not_accepted.held_back()}});
  }
}

// Null where the connection is one too many or its user is not allowed.
std::shared_ptr<Connection> Connections::let_in(UniqueFd socket_fd, net::Transport transport) {
  const std::optional<net::Peer> peer =
      transport == net::Transport::kUnix ? net::peer_of(socket_fd.get()) : std::nullopt;
  if (transport == net::Transport::kUnix && !shared.users.access().admits(peer)) {
    shared.closed.not_allowed.add();
    if (throttles_.not_allowed.open(shared.clock.mono())) {
      log::warning("connection closed: its user is neither in socket.allow_uids nor in a group of socket.allow_gids",
                   {{"uid", peer ? std::int64_t{peer->uid} : -1}, {"held_back", throttles_.not_allowed.held_back()}});
    }
    return nullptr;
  }
  if (!find_place(transport, peer ? &shared.users.of(peer->uid, shared.clock.mono()) : nullptr)) {
    return nullptr;
  }
  const std::optional<net::Address> address =
      transport == net::Transport::kTcp ? net::address_of(socket_fd.get()) : std::nullopt;
  PeerQuota* const user = peer      ? &shared.users.connect(peer->uid, shared.clock.mono())
                          : address ? &shared.addresses.connect(*address, shared.clock.mono())
                                    : nullptr;
  auto connection = std::make_shared<Connection>(*this, std::move(socket_fd), transport, user);
  all_.insert(connection);
  tcp_ += transport == net::Transport::kTcp ? std::size_t{1} : 0;
  shared.counters(transport).connections.add(1);
  return connection;
}

// Three limits: connections of the user, over TCP, and of all. Where one is reached, a connection of no use that counts
// towards that limit gives way, so that idle connections never keep a writer out.
bool Connections::find_place(net::Transport transport, const PeerQuota* user) {
  const bool user_is_full = user != nullptr && user->connections() >= limits_.of_a_user();
  const bool tcp_is_full = transport == net::Transport::kTcp && tcp_ >= limits_.over_tcp();
  const bool all_is_full = all_.size() >= limits_.most;
  if (!user_is_full && !tcp_is_full && !all_is_full) {
    return true;
  }
  if (make_room([&](const Connection& connection) {
        return (!user_is_full || connection.user() == user) &&
               (!tcp_is_full || connection.transport() == net::Transport::kTcp);
      })) {
    return true;
  }
  if (!tcp_is_full && !all_is_full) {
    shared.closed.too_many_of_user.add();
    if (throttles_.too_many_of_user.open(shared.clock.mono())) {
      log::warning("connection closed: too many of this user",
                   {{"uid", user->uid()},
                    {"max_connections_per_user", limits_.of_a_user()},
                    {"held_back", throttles_.too_many_of_user.held_back()}});
    }
    return false;
  }
  shared.closed.too_many.add();
  if (throttles_.too_many.open(shared.clock.mono())) {
    log::warning("connection closed: too many", {{"max_connections", limits_.most},
                                                 {"open", all_.size()},
                                                 {"open_over_tcp", tcp_},
                                                 {"held_back", throttles_.too_many.held_back()}});
  }
  return false;
}

// The connection that has been of no use for longest, among those given. A new connection has some time to become of
// use before it may have to give way.
template <typename Among>
std::shared_ptr<Connection> Connections::least_useful(Among&& among) const {
  constexpr Duration kGrace = std::chrono::seconds{10};
  const MonoTime longest = shared.clock.mono() - kGrace;
  std::shared_ptr<Connection> found;
  MonoTime since{};
  for (const auto& connection : all_) {
    const auto idle = connection->idle_since();
    if (idle && *idle <= longest && (found == nullptr || *idle < since) && among(*connection)) {
      found = connection;
      since = *idle;
    }
  }
  return found;
}

template <typename Among>
bool Connections::make_room(Among&& among) {
  const auto found = least_useful(among);
  if (found != nullptr) {
    shared.closed.gave_way.add();
    found->close();
  }
  return found != nullptr;
}

// Whether some writers find no place now: the most serious reason comes first.
net::Crowd Connections::crowd() {
  constexpr Duration kRemembered = std::chrono::seconds{30};
  if (no_descriptor_since_ && shared.clock.mono() - *no_descriptor_since_ < kRemembered) {
    return {net::Crowd::Out::kDescriptors, 0, all_.size(), limits_.most};
  }
  if (all_.size() >= limits_.most && least_useful([](const Connection&) { return true; }) == nullptr) {
    return {net::Crowd::Out::kAll, 0, all_.size(), limits_.most};
  }
  if (tcp_ >= limits_.over_tcp() &&
      least_useful([](const Connection& of) { return of.transport() == net::Transport::kTcp; }) == nullptr) {
    return {net::Crowd::Out::kTcp, 0, tcp_, limits_.over_tcp()};
  }
  for (const PeerCount& user : shared.users.counts(shared.clock.mono())) {
    const auto of_this_one = [&](const Connection& of) { return of.user() != nullptr && of.user()->is(user); };
    if (user.connections >= limits_.of_a_user() && least_useful(of_this_one) == nullptr) {
      return {net::Crowd::Out::kUser, user.uid, user.connections, limits_.of_a_user()};
    }
  }
  return {};
}

void Connections::expect_by(MonoTime deadline) {
  if (!next_deadline_ || deadline < *next_deadline_) {
    next_deadline_ = deadline;
    deadline_alarm_.set(std::max<Duration>(deadline - shared.clock.mono(), Duration{0}));
  }
}

// Ends the connections whose deadline has passed. The alarm is set for the earliest deadline known; deadlines move
// later all the time, so the alarm often rings for none and is set anew from all connections.
void Connections::check_deadlines() {
  next_deadline_.reset();
  const MonoTime now = shared.clock.mono();
  const std::vector<std::shared_ptr<Connection>> all(all_.begin(), all_.end());
  for (const auto& connection : all) {
    if (const auto deadline = connection->deadline(); deadline && *deadline <= now) {
      connection->time_out();
    }
  }
  for (const auto& connection : all_) {
    if (const auto deadline = connection->deadline()) {
      expect_by(*deadline);
    }
  }
}

void Connections::forget(Connection& connection) {
  shared.counters(connection.transport()).connections.add(-1);
  tcp_ -= connection.transport() == net::Transport::kTcp ? std::size_t{1} : 0;
  all_.erase(std::static_pointer_cast<Connection>(connection.shared_from_this()));
  if (all_.empty() && stopped_) {
    std::exchange(stopped_, nullptr)();
  }
}

// A connection whose state can't be written is closed. That loses nothing: its peer has been told what was taken in.
void Connections::hand_over(ConnectionState connection_state, UniqueFd socket_fd) {
  const auto cookie = cookie_of(socket_fd.get());
  connection_state.cookie = cookie.value_or(0);
  Status put =
      cookie ? handoff_->put(connection_state, socket_fd) : Status(error(ErrorCode::kUnsupported, "no SO_COOKIE"));
  if (!put && throttles_.not_left.open(shared.clock.mono())) {
    log::warning("connection closed: it can't be handed to the next process",
                 {{"why", put.error().message}, {"held_back", throttles_.not_left.held_back()}});
  }
}

// Works on a copy of the set, because connections that end remove themselves from it.
void Connections::stop(ConnectionHandoff* handoff, std::function<void()> done) {
  handoff_ = handoff;
  stopped_ = std::move(done);
  const std::vector<std::shared_ptr<Connection>> all(all_.begin(), all_.end());
  for (const auto& connection : all) {
    connection->stop();
  }
  if (all_.empty() && stopped_) {
    std::exchange(stopped_, nullptr)();
  }
}

void Connections::close_all() {
  const std::vector<std::shared_ptr<Connection>> all(all_.begin(), all_.end());
  for (const auto& connection : all) {
    connection->close();
  }
}

void Connections::next_turn(Connection& connection) {
  next_turn_.push_back(std::static_pointer_cast<Connection>(connection.shared_from_this()));
  turn_.ask();
}

void Connections::run_turn() {
  const auto now = std::exchange(next_turn_, {});
  for (const auto& connection : now) {
    connection->on_turn();
  }
}

void Connections::budget_changed() {
  if (shared.pool.can_resume()) {
    budget_turn_.ask();
  }
  if (shared.pool.somebody_waits() && !stall_alarm_.is_set()) {
    stall_alarm_.set(shared.settings.stall_check);
  }
}

// While a connection waits for memory: connections that hold memory for an unfinished record and make no progress are
// closed, the one that has stalled longest first, until there is memory. Their records were never acknowledged.
void Connections::check_stalls() {
  const MonoTime now = shared.clock.mono();
  while (shared.pool.somebody_waits() && !shared.pool.can_resume()) {
    std::shared_ptr<Connection> worst;
    MonoTime longest{};
    for (const auto& connection : all_) {
      const auto since = connection->stalled_since(now, shared.settings.stall_grace);
      if (since && (worst == nullptr || *since < longest)) {
        worst = connection;
        longest = *since;
      }
    }
    if (worst == nullptr) {
      break;
    }
    shared.closed.stalled.add();
    if (throttles_.stalled.open(now)) {
      log::warning("connection closed: an unfinished record stood still and kept others waiting",
                   {{"held_back", throttles_.stalled.held_back()}});
    }
    worst->close();
  }
  budget_changed();
}

}  // namespace respand::sockets
