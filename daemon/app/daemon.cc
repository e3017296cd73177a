#include "app/daemon.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include "app/daemon_pages.h"
#include "app/descriptors.h"
#include "app/fd_store.h"
#include "app/inherited.h"
#include "app/pipeline.h"
#include "app/process_resources.h"
#include "app/reloader.h"
#include "app/samplers.h"
#include "app/service_manager.h"
#include "app/signals.h"
#include "app/status.h"
#include "app/status_source.h"
#include "respand/base/log.h"
#include "respand/base/log_output.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/base/version.h"
#include "respand/http/client.h"

namespace respand::app {
namespace {

// A stop may take longer than delivery.drain_timeout by so much, because the machine may be busy.
constexpr Duration kStopMargin = std::chrono::seconds{15};
// How long the log may take for its last lines when a second signal ends the process at once.
constexpr Duration kLastLines = std::chrono::milliseconds{50};

// The daemon: start(), then run() until a signal ends it. Its parts are built in the order of the members and destroyed
// in the opposite one.
class Daemon {
 public:
  Daemon(const config::Config& config, const std::string& config_file, const Descriptors& descriptors);

  // Requires: called once, before run().
  [[nodiscard]] Status start();
  void run();

 private:
  void say_other_paths() const;
  void say_shortage() const;
  void on_signal(int signal);
  std::string reload();
  void reconfigure();
  void stop();

  config::Config config_;
  const Descriptors descriptors_;
  Inherited inherited_;
  sockets::ConnectionHandoff handoff_;  // open connections, at the stop
  boost::asio::io_context loop_{1};
  metrics::Registry registry_;
  std::optional<Signals> signals_;
  Pipeline pipeline_;
  StatusSource status_;
  HistorySampler history_;
  DaemonPages pages_;
  StatusSampler status_sampler_;
  std::optional<WatchdogTimer> watchdog_;
  Reloader reloader_;
  bool stopping_ = false;
  std::jthread stopper_;  // ends what may wait, while the loop still serves pages and signals
};

Daemon::Daemon(const config::Config& config, const std::string& config_file, const Descriptors& descriptors)
    : config_(config),
      descriptors_(descriptors),
      pipeline_(loop_, registry_, descriptors_),
      status_(config_, config_file, descriptors_, pipeline_, registry_),
      history_(loop_, status_, pipeline_, registry_),
      pages_(loop_, registry_, pipeline_, status_, history_, [this] { return reload(); }),
      status_sampler_(loop_, status_),
      reloader_(loop_, registry_, config_, config_file,
                {.set_prices = [this](const auto& lists) { pipeline_.set_prices(lists); },
                 .reconfigure = [this] { reconfigure(); }}) {}

Status Daemon::start() {
  auto inherited = inherited_sockets();
  if (!inherited) {
    return std::move(inherited).error();
  }
  inherited_ = std::move(*inherited);
  say_other_paths();
  say_shortage();
  registry_.gauge("respand_build_info", "The version of this build; always 1", {{"version", kVersion}}).set(1);
  signals_.emplace(loop_, [this](int signal) { on_signal(signal); });
  if (Status opened = pipeline_.open(config_); !opened) {
    return opened;
  }
  if (Status opened = pages_.open_public(config_, descriptors_); !opened) {
    return opened;
  }
  pages_.open_control(config_, descriptors_);
  // The listeners come last: no writer is let in before everything behind them runs.
  return pipeline_.start(config_, std::move(inherited_),
                         [this](bool intake_only) { return pages_.readiness(intake_only); });
}

// Warns where the service manager's socket has another path than the configuration: commands such as `respand send`
// look for it where the configuration says.
void Daemon::say_other_paths() const {
  for (const auto& [socket, configured, key] :
       {std::tuple(inherited_.stream, &config_.socket.path, "socket.path"),
        std::tuple(inherited_.datagram, &config_.datagram.path, "datagram.path")}) {
    const std::string path = socket ? path_of(*socket) : std::string();
    if (!path.empty() && !configured->empty() && path != *configured) {
      log::warning("the service manager's socket is somewhere else than the configuration says",
                   {{"key", key}, {"configured", *configured}, {"listens", path}});
    }
  }
}

void Daemon::say_shortage() const {
  if (const std::string fewer = descriptors_.shortage(config_); !fewer.empty()) {
    log::warning("there can be fewer connections than configured",
                 {{"fewer", fewer}, {"remedy", Descriptors::remedy()}});
  }
}

void Daemon::run() {
  say_sampling(config_.records.sample);
  log::info(kReadyEvent, {{"version", kVersion},
                          {"socket", config_.socket.path},
                          {"spool", pipeline_.spool() != nullptr ? std::string_view(config_.spool.directory) : "off"},
                          {"destination", target_text(config_)},
                          {"backlog_records", pipeline_.journal().snapshot().backlog_records}});
  notify_ready(status_.make(status_line));
  // The watchdog tells the service manager that the daemon lives only while the threads behind the listeners make
  // progress.
  watchdog_.emplace(loop_, pipeline_, [this] { status_sampler_.forget_told(); });
  watchdog_->start();
  status_sampler_.start();
  if (pages_.has_public()) {
    history_.start();
  }
  reloader_.watch_keys();
  give_back_startup_memory();
  loop_.run();
  stopper_ = {};
  log::info("stopped", {{"backlog_records", pipeline_.journal().snapshot().backlog_records}});
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload();
    return;
  }
  if (stopping_) {
    log::warning("a second signal to stop: not waiting any longer; what was in flight may be sent again");
    log::stop(kLastLines);
    std::_Exit(EXIT_FAILURE);
  }
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  stop();
}

std::string Daemon::reload() {
  notify_reloading();
  std::string problems = reloader_.reload();
  notify_ready(problems.empty() ? status_.make(status_line)
                                : cat("the configuration was not reloaded: ", problems.substr(0, problems.find('\n'))));
  status_sampler_.forget_told();
  return problems;
}

void Daemon::reconfigure() {
  pipeline_.reconfigure(config_);
  say_shortage();
  pages_.reconfigure(config_);
}

// The listeners stop first, so that nothing new comes in; the parts behind them follow.
void Daemon::stop() {
  stopping_ = true;
  pages_.say_stopping();
  status_sampler_.mute();
  if (watchdog_) {
    watchdog_->stop();
  }
  reloader_.stop();
  notify_stopping(config_.delivery.drain_timeout + kStopMargin);
  pipeline_.stop_listeners(
      [this] {
        store_connections(handoff_);
        stopper_ = std::jthread([this] {
          name_this_thread("stopper");
          pipeline_.stop_behind_the_listeners();
          boost::asio::post(loop_, [this] {
            pages_.stop();
            loop_.stop();
          });
        });
      },
      service_manager_listens() ? &handoff_ : nullptr);
}

}  // namespace

Status run_daemon(const config::Config& config, const std::string& config_file) {
  const std::uint64_t limit = set_process_limits();
  auto descriptors = Descriptors::share_out(config, limit, open_descriptors(limit));
  if (!descriptors) {
    return std::move(descriptors).error();
  }
  keep_secrets();
  block_signals();
  http::start_library();
  Daemon daemon(config, config_file, *descriptors);
  if (auto started = daemon.start(); !started) {
    return started;
  }
  daemon.run();
  return {};
}

}  // namespace respand::app
