#include "sink/sink.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "sink/connection.h"

namespace respand::sink {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Bounds memory and descriptors; the rest waits in the backlog.
constexpr std::size_t kMaxConnections = 1024;
// How long accepting rests when the process has no descriptor left.
constexpr std::chrono::milliseconds kAcceptRest{100};

Error failed(const error_code& code, std::string_view what) {
  return code.category() == boost::system::system_category()
             ? os_error(code.value(), what)
             : error(ErrorCode::kInvalid, cat(what, ": ", code.message()));
}

}  // namespace

struct Sink::Impl {
  Impl(Options given, Hook hook)
      : options(std::move(given)), shared(options.rules, options.seed == 0 ? entropy() : options.seed) {
    shared.hook = std::move(hook);
    shared.end_turn_soon = [this] {
      if (!std::exchange(turn_ends, true)) {
        // Runs behind the handlers of all that was ready in this turn.
        asio::post(context, [this] { end_turn(); });
      }
    };
    shared.on_gone = [this] {
      if (connections-- == kMaxConnections && accepting_rests) {
        accept();
      }
    };
  }

  ~Impl() {
    // Connections that wait for the end of a turn must go before the context, and none may begin anything.
    shared.on_gone = [] {};
    shared.turn.clear();
  }

  Status listen();
  void accept();
  void end_turn();

  Options options;
  std::uint16_t port = 0;
  Shared shared;
  std::size_t connections = 0;
  bool turn_ends = false;
  bool accepting_rests = false;                   // kMaxConnections are open: the next one that goes begins anew
  std::vector<std::shared_ptr<Connection>> turn;  // being written; kept for its memory
  asio::io_context context{1};                    // goes before what its handlers use
  tcp::acceptor acceptor{context};
  asio::steady_timer rest{context};
  asio::signal_set signals{context};
};

Status Sink::Impl::listen() {
  const auto where = parse_listen(options.listen);
  if (!where) {
    return where.error();
  }
  const std::string what = cat("listen on ", options.listen);
  error_code code;
  const asio::ip::address address = asio::ip::make_address(where->host, code);
  if (code) {
    return error(ErrorCode::kInvalid, cat(what, ": the host must be an IP address or localhost"));
  }
  const tcp::endpoint endpoint(address, where->port);
  acceptor.open(endpoint.protocol(), code);
  if (!code) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  }
  if (!code) {
    acceptor.bind(endpoint, code);
  }
  if (!code) {
    acceptor.listen(asio::socket_base::max_listen_connections, code);
  }
  if (code) {
    return failed(code, what);
  }
  port = acceptor.local_endpoint(code).port();
  return {};
}

void Sink::Impl::accept() {
  accepting_rests = connections >= kMaxConnections;
  if (accepting_rests) {
    return;
  }
  acceptor.async_accept([this](error_code code, tcp::socket socket) {
    if (!code) {
      ++connections;
      std::make_shared<Connection>(std::move(socket), shared)->start();
      accept();
      return;
    }
    rest.expires_after(kAcceptRest);
    rest.async_wait([this](error_code stopped) {
      if (!stopped) {
        accept();
      }
    });
  });
}

void Sink::Impl::end_turn() {
  turn_ends = false;
  shared.outputs.flush();
  turn.swap(shared.turn);
  for (const std::shared_ptr<Connection>& connection : turn) {
    connection->write();
  }
  turn.clear();
}

Sink::Sink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sink::~Sink() = default;

Result<std::unique_ptr<Sink>> Sink::open(Options options, Hook hook) {
  if (auto fits = check(options.rules); !fits) {
    return fits.error();
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(hook));
  if (auto opened = impl->shared.outputs.open(impl->options.record_file, impl->options.print_fd); !opened) {
    return opened.error();
  }
  if (auto listening = impl->listen(); !listening) {
    return listening.error();
  }
  return std::unique_ptr<Sink>(new Sink(std::move(impl)));
}

std::uint16_t Sink::port() const { return impl_->port; }

void Sink::run() {
  Impl& impl = *impl_;
  impl.accept();
  if (impl.options.stop_on_signals) {
    error_code ignored;
    impl.signals.add(SIGTERM, ignored);
    impl.signals.add(SIGINT, ignored);
    impl.signals.async_wait([this](error_code code, int) {
      if (!code) {
        stop();
      }
    });
  }
  impl.context.run();
  impl.shared.outputs.flush();
}

void Sink::stop() { impl_->context.stop(); }
void Sink::set_rules(Rules rules) { impl_->shared.script.set(std::move(rules)); }
Stats Sink::stats() const { return impl_->shared.tally.stats(); }

}  // namespace respand::sink
