#include "sockets/socket_intake.h"

#include <algorithm>

#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/net/bind.h"
#include "respand/net/listener.h"
#include "respand/net/path_watch.h"
#include "sockets/batching_producer.h"
#include "sockets/connections.h"
#include "sockets/datagrams.h"

namespace respand::sockets {
namespace {

// The least size of the pool for unfinished records, however large max_record is.
constexpr std::uint64_t kLeastShared = std::uint64_t{4} << 20;

BatchingProducer::Settings producer_settings(const SocketIntake::Settings& settings) {
  BatchingProducer::Settings producer;
  producer.encoder = {.max_record = settings.max_record,
                      .additions = settings.additions,
                      .prices = settings.prices,
                      .missing = settings.missing};
  producer.settlement = settings.settlement;
  return producer;
}

Connections::Settings connection_settings(const SocketIntake::Settings& settings) {
  Connections::Settings connections;
  connections.max_record = settings.max_record;
  connections.limits = settings.connections;
  connections.patience = settings.patience;
  // The reserve of the favoured connection is part of the same total.
  const std::uint64_t total = std::max(settings.partial_memory.value, settings.max_record.value + kLeastShared);
  connections.shared_memory = total - settings.max_record.value;
  connections.stall_grace = settings.stall_grace;
  connections.stall_check = settings.stall_check;
  connections.gather_reads = settings.gather_reads;
  return connections;
}

}  // namespace

struct SocketIntake::Impl {
  Impl(net::Loop& loop_in, Settings settings_in, journal::JournalWriter& intake, metrics::Registry& registry_in,
       const Clock& clock_in)
      : loop(loop_in),
        settings(std::move(settings_in)),
        registry(registry_in),
        clock(clock_in),
        producer(loop, producer_settings(settings), intake, clock, entropy()),
        users(settings.access, settings.rate_limits.of_users),
        connections(loop, connection_settings(settings), producer, users, registry, clock),
        finish(loop, [this] { finished(); }),
        time_up(loop, [this] { end_of_patience(); }) {
    producer.reconfigure({settings.rules, registry, settings.key});
    connections.shared.desk.readiness = settings.readiness;
    connections.shared.addresses.reconfigure({}, settings.rate_limits.of_addresses);
    reconfigure(settings.http_rules);
    for (const auto& fd : {settings.socket_fd, settings.http_fd, settings.datagram_fd}) {
      handed_over.emplace_back(fd.value_or(-1));
    }
  }

  void reconfigure(const HttpRules& rules) {
    connections.shared.desk.trust.hosts = rules.hosts;
    connections.shared.desk.trust.allow_origins = rules.allow_origins;
    connections.shared.desk.refuse_otlp = rules.refuse_otlp;
    connections.shared.desk.masks = rules.masks;
    connections.shared.desk.routes = 0;
    for (const ApiRoute route : rules.routes) {
      connections.shared.desk.routes |= bit_of(route);
    }
    connections.shared.desk.keys = rules.keys;
    connections.shared.desk.ask_api = rules.forward_reads ? settings.ask_api : AskApi();
  }
  Status start();
  Status open_socket();
  Status open_http();
  Status open_datagrams();
  Status listen(UniqueFd fd, net::Transport transport, std::unique_ptr<net::Listener>& listener);
  Status bind_socket();
  Status bind_datagrams();
  Status receive(UniqueFd fd);
  bool put_back(const std::string& path, Status (Impl::*bind)());
  void stop(std::function<void()> done, ConnectionHandoff* handoff);
  void check_end();
  void end_of_patience();
  void finished();

  net::Loop& loop;
  const Settings settings;
  metrics::Registry& registry;
  const Clock& clock;
  std::vector<UniqueFd> handed_over;  // socket, http, datagram
  BatchingProducer producer;
  PeerQuotas users;
  Connections connections;
  net::UnixSocket socket_path;
  net::UnixSocket datagram_path;
  std::unique_ptr<net::Listener> socket;
  std::unique_ptr<net::Listener> http;
  std::shared_ptr<Datagrams> datagrams;
  std::uint16_t port = 0;
  std::optional<net::PathWatch> files;  // until the stop
  std::string lost;                     // the path of a socket that nobody finds, and why; empty: none
  log::LogThrottle lost_gate;

  std::function<void()> stopped;  // set while it stops
  bool connections_gone = false;
  bool answering = false;  // all is committed; only slow clients are waited for
  net::DeferredCall finish;
  net::Timer time_up;
};

Status SocketIntake::Impl::listen(UniqueFd fd, net::Transport transport, std::unique_ptr<net::Listener>& listener) {
  listener = std::make_unique<net::Listener>(
      loop, std::move(fd), transport,
      net::Listener::Calls{
          .accepted = [this, transport](UniqueFd accepted) { connections.add(std::move(accepted), transport); },
          .failed = [this](int os_error) { connections.note_not_accepted(os_error); }});
  return {};
}

Status SocketIntake::Impl::open_socket() {
  if (settings.socket_fd) {
    if (Status ok = net::adopt(handed_over[0].get(), net::SocketType::kStream, "the socket handed over"); !ok) {
      return ok;
    }
    return listen(std::move(handed_over[0]), net::Transport::kUnix, socket);
  }
  return settings.socket_path.empty() ? Status() : bind_socket();
}

// Also called to replace a socket whose file is gone. Connections that wait in the old socket's queue are accepted
// first.
Status SocketIntake::Impl::bind_socket() {
  auto bound = net::UnixSocket::bind(settings.socket_path, net::SocketType::kStream, settings.mode, settings.group);
  if (!bound) {
    return bound.error();
  }
  if (socket != nullptr) {
    socket->accept_rest();
  }
  socket_path = std::move(*bound);
  return listen(socket_path.take_fd(), net::Transport::kUnix, socket);
}

Status SocketIntake::Impl::open_http() {
  UniqueFd fd;
  if (settings.http_fd) {
    if (Status ok = net::adopt(handed_over[1].get(), net::SocketType::kStream, "the HTTP socket handed over"); !ok) {
      return ok;
    }
    fd = std::move(handed_over[1]);
  } else if (settings.http_host) {
    auto listening = net::listen_tcp(*settings.http_host, settings.http_port);
    if (!listening) {
      return listening.error();
    }
    fd = std::move(*listening);
  } else {
    return {};
  }
  port = net::port_of(fd.get());
  connections.shared.desk.trust.loopback = net::is_loopback(fd.get());
  return listen(std::move(fd), net::Transport::kTcp, http);
}

Status SocketIntake::Impl::open_datagrams() {
  UniqueFd fd;
  if (settings.datagram_fd) {
    if (Status ok = net::adopt(handed_over[2].get(), net::SocketType::kDatagram, "the datagram socket handed over");
        !ok) {
      return ok;
    }
    fd = std::move(handed_over[2]);
  } else if (!settings.datagram_path.empty()) {
    return bind_datagrams();
  } else {
    return {};
  }
  return receive(std::move(fd));
}

Status SocketIntake::Impl::bind_datagrams() {
  auto bound = net::UnixSocket::bind(settings.datagram_path, net::SocketType::kDatagram, settings.mode, settings.group);
  if (!bound) {
    return bound.error();
  }
  if (datagrams != nullptr) {
    datagrams->stop();
  }
  datagram_path = std::move(*bound);
  return receive(datagram_path.take_fd());
}

Status SocketIntake::Impl::receive(UniqueFd fd) {
  datagrams = std::make_shared<Datagrams>(loop, std::move(fd), Datagrams::Settings{settings.max_record}, producer,
                                          users, registry, clock);
  return datagrams->start();
}

// Binds a socket again whose file was taken away, because writers find it by its path. Open connections are not
// concerned.
bool SocketIntake::Impl::put_back(const std::string& path, Status (Impl::*bind)()) {
  Status bound = (this->*bind)();
  bound = bound && bind == &Impl::bind_socket ? socket->start() : bound;
  lost = bound ? std::string() : cat(path, ": ", bound.error().message);
  if (bound) {
    log::warning("the file of a socket was taken away: bound again", {{"path", path}});
  } else if (lost_gate.open(clock.mono())) {
    log::error("the file of a socket was taken away, and it can't be bound again: no writer finds it",
               {{"path", path}, {"why", bound.error().message}, {"held_back", lost_gate.held_back()}});
  }
  return static_cast<bool>(bound);
}

Status SocketIntake::Impl::start() {
  Status ok = producer.start();
  ok = ok ? open_socket() : ok;
  ok = ok ? open_http() : ok;
  ok = ok ? open_datagrams() : ok;
  ok = ok && socket != nullptr ? socket->start() : ok;
  ok = ok && http != nullptr ? http->start() : ok;
  if (!ok) {
    socket.reset();
    http.reset();
    datagrams.reset();
    socket_path.remove();
    datagram_path.remove();
    return ok;
  }
  files.emplace(loop);
  if (!settings.socket_fd && !settings.socket_path.empty()) {
    files->add(
        settings.socket_path, [this] { return socket_path.in_place(); },
        [this] { return put_back(settings.socket_path, &Impl::bind_socket); });
  }
  if (!settings.datagram_fd && !settings.datagram_path.empty()) {
    files->add(
        settings.datagram_path, [this] { return datagram_path.in_place(); },
        [this] { return put_back(settings.datagram_path, &Impl::bind_datagrams); });
  }
  // HTTP over TCP has a log line of its own, with its address.
  const std::string_view where = settings.socket_fd ? "handed over" : std::string_view(settings.socket_path);
  if (settings.datagram_fd || !settings.datagram_path.empty()) {
    log::info("ingest listens",
              {{"socket", where},
               {"datagram", settings.datagram_fd ? "handed over" : std::string_view(settings.datagram_path)}});
  } else {
    log::info("ingest listens", {{"socket", where}});
  }
  return {};
}

// The order of a stop: the socket files go first, so that no new writer comes; then what waits in the listeners' queues
// is accepted, because those peers count as connected; then datagrams, then each connection. It ends when all of these
// are gone and the producer has nothing in flight, or when the time is up.
void SocketIntake::Impl::stop(std::function<void()> done, ConnectionHandoff* handoff) {
  stopped = std::move(done);
  time_up.set(settings.stop_commit);
  files.reset();
  socket_path.remove();
  datagram_path.remove();
  // A listening socket that was handed over stays open in its owner: the next process accepts what waits in its queue.
  if (socket != nullptr && !settings.socket_fd) {
    socket->accept_rest();
  }
  if (http != nullptr && !settings.http_fd) {
    http->accept_rest();
  }
  socket.reset();
  http.reset();
  if (datagrams != nullptr) {
    datagrams->stop();
  }
  producer.when_idle([this] { check_end(); });
  connections.stop(handoff, [this] {
    connections_gone = true;
    check_end();
  });
  check_end();
}

// Two times: stop_commit until everything is committed, and from then on stop_answer for slow clients.
void SocketIntake::Impl::check_end() {
  if (!stopped || !producer.idle()) {
    return;
  }
  if (connections_gone) {
    finish.ask();
  } else if (!answering) {
    answering = true;
    time_up.set(settings.stop_answer);
  }
}

void SocketIntake::Impl::end_of_patience() {
  if (!producer.idle()) {
    log::warning(
        settings.settlement == nullptr
            ? "the sockets stop before the journal has committed everything: what it has not was not acknowledged"
            : "the sockets stop before everything is on the NATS stream: what is not was not acknowledged");
  } else if (connections.count() > 0) {
    log::warning("ingest stops: some connections did not take their last answers",
                 {{"connections", connections.count()}});
  }
  connections.close_all();
  finish.ask();
}

void SocketIntake::Impl::finished() {
  time_up.cancel();
  if (stopped) {
    std::exchange(stopped, nullptr)();
  }
}

SocketIntake::SocketIntake(boost::asio::io_context& loop, Settings settings, journal::JournalWriter& intake,
                           metrics::Registry& registry, const Clock& clock)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), intake, registry, clock)) {}
SocketIntake::~SocketIntake() = default;
void SocketIntake::reconfigure(std::shared_ptr<const record::Rules> rules, std::string key) {
  impl_->producer.reconfigure({std::move(rules), impl_->registry, std::move(key)});
}

void SocketIntake::reconfigure(net::Access access, const RateLimits& limits, const net::ConnectionLimits& connections) {
  impl_->users.reconfigure(std::move(access), limits.of_users);
  impl_->connections.shared.addresses.reconfigure({}, limits.of_addresses);
  impl_->connections.reconfigure(connections);
}
void SocketIntake::reconfigure(const HttpRules& rules) { impl_->reconfigure(rules); }
Unserved SocketIntake::unserved() const { return impl_->connections.shared.desk.refusals.unserved(); }
const std::string& SocketIntake::lost() const { return impl_->lost; }
net::Crowd SocketIntake::crowd() { return impl_->connections.crowd(); }
std::vector<PeerCount> SocketIntake::users() {
  std::vector<PeerCount> all = impl_->users.counts(impl_->clock.mono());
  if (PeerQuotas& addresses = impl_->connections.shared.addresses; addresses.limited()) {
    const std::vector<PeerCount> more = addresses.counts(impl_->clock.mono());
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Status SocketIntake::start() { return impl_->start(); }
void SocketIntake::stop(std::function<void()> done, ConnectionHandoff* handoff) {
  impl_->stop(std::move(done), handoff);
}
void SocketIntake::take_back(std::vector<RestoredConnection> connections) {
  for (RestoredConnection& connection : connections) {
    impl_->connections.take_back(std::move(connection));
  }
}
std::uint16_t SocketIntake::http_port() const { return impl_->port; }
std::size_t SocketIntake::connections() const { return impl_->connections.count(); }

}  // namespace respand::sockets
