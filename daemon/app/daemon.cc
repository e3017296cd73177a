#include "app/daemon.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <thread>

#include "app/page_server.h"
#include "app/process_resources.h"
#include "app/service_manager.h"
#include "app/signals.h"
#include "app/translate.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/base/version.h"

namespace respand::app {
namespace {

class Daemon {
 public:
  Daemon(const config::Config& config, std::string config_file)
      : config_(config), config_file_(std::move(config_file)) {}

  // Requires: called once, before run().
  [[nodiscard]] Status start();
  void run();
  // Also after a start that failed half-way.
  ~Daemon() { stop_behind_the_doors(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

 private:
  [[nodiscard]] Status open_journal();
  void make_delivery();
  [[nodiscard]] Status open_doors();
  [[nodiscard]] Status open_pages();
  void on_signal(int signal);
  void reload();
  void stop();
  void stop_behind_the_doors();
  [[nodiscard]] Page ready_page() const;
  [[nodiscard]] std::string status_line() const;

  config::Config config_;
  const std::string config_file_;

  boost::asio::io_context loop_{1};
  metrics::Registry registry_;
  SeededRandom random_{entropy()};
  // In the order in which they are built; they go in the opposite one, so that nothing outlives what it borrows.
  std::optional<Signals> signals_;
  std::unique_ptr<ingest::SocketIntake> sockets_;
  std::unique_ptr<ingest::Spool> spool_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<delivery::Delivery> delivery_;
  std::unique_ptr<PageServer> pages_;
  bool stopping_ = false;
  std::jthread stopper_;  // ends what may wait, while the loop still serves pages and signals
};

bool delivers(const delivery::State& state) {
  switch (state.destination.mode) {
    case delivery::Mode::kNormal:
    case delivery::Mode::kHeld:
    case delivery::Mode::kHalfOpen:
      return true;
    case delivery::Mode::kOpen:
    case delivery::Mode::kPaused:
      return false;
  }
  return false;
}

Status Daemon::start() {
  registry_.gauge("respand_build_info", "The version of this build; always 1", {{"version", kVersion}}).set(1);
  signals_.emplace(loop_, [this](int signal) { on_signal(signal); });
  if (auto opened = open_journal(); !opened) {
    return opened;
  }
  make_delivery();
  if (auto opened = open_pages(); !opened) {
    return opened;
  }
  return open_doors();
}

Status Daemon::open_journal() {
  auto journal = journal::Journal::open(journal_settings(config_), fs::posix(), registry_, system_clock(), random_);
  if (!journal) {
    return std::move(journal).error();
  }
  journal_ = std::move(*journal);
  return {};
}

void Daemon::make_delivery() {
  delivery_ = std::make_unique<delivery::Delivery>(delivery_settings(config_), *journal_, fs::posix(), registry_,
                                                   system_clock());
}

// The doors come last: nobody is let in before the house stands.
Status Daemon::open_doors() {
  auto inherited = inherited_sockets();
  if (!inherited) {
    return std::move(inherited).error();
  }
  journal_->start();
  delivery_->start();
  sockets_ = std::make_unique<ingest::SocketIntake>(loop_, socket_settings(config_, *inherited), *journal_, registry_,
                                                    system_clock());
  if (auto opened = sockets_->start(); !opened) {
    return opened;
  }
  if (sockets_->http_port() != 0) {
    log::info(
        "http on",
        {{"address", cat(config_.http.listen ? config_.http.listen->host : "inherited", ":", sockets_->http_port())}});
  }
  auto spool =
      std::make_unique<ingest::Spool>(spool_settings(config_), *journal_, *journal_, registry_, system_clock());
  if (auto opened = spool->start(); opened) {
    spool_ = std::move(spool);
  } else if (config_.spool.directory_given || opened.error().code != ErrorCode::kNotFound) {
    return std::move(opened).fail("spool.directory");
  } else {
    journal_->keep_from(Sequence{~0ULL});  // no spool that could need to look back
  }
  return {};
}

Status Daemon::open_pages() {
  if (!config_.metrics.listen) {
    return {};
  }
  std::map<std::string, std::function<Page()>> pages;
  pages["/metrics"] = [this] { return Page{200, "text/plain; version=0.0.4; charset=utf-8", registry_.expose()}; };
  pages["/healthz"] = [] { return Page{200, "text/plain; charset=utf-8", "alive\n"}; };
  pages["/readyz"] = [this] { return ready_page(); };
  pages["/"] = [this] {
    return Page{200, "text/plain; charset=utf-8", cat("respand ", kVersion, "\n", status_line(), "\n")};
  };
  pages_ = std::make_unique<PageServer>(loop_, std::move(pages));
  auto started = pages_->start(config_.metrics.listen->host, config_.metrics.listen->port);
  if (started) {
    log::info("pages on", {{"address", cat(config_.metrics.listen->host, ":", pages_->port())}});
  }
  return started;
}

void Daemon::run() {
  if (const std::string keys = without_effect(config_); !keys.empty()) {
    log::warning("settings that have no effect in this version", {{"keys", keys}});
  }
  const journal::Snapshot journal = journal_->snapshot();
  log::info("ready", {{"version", kVersion},
                      {"socket", config_.socket.path},
                      {"spool", spool_ ? std::string_view(config_.spool.directory) : std::string_view("off")},
                      {"destination", config_.api.create_url()},
                      {"backlog_records", journal.backlog_records}});
  notify_ready(cat("delivering to ", config_.api.create_url()));
  give_back_startup_memory();
  loop_.run();
  stopper_ = {};
  const journal::Snapshot left = journal_->snapshot();
  log::info("stopped", {{"backlog_records", left.backlog_records}});
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload();
    return;
  }
  if (stopping_) {
    log::warning("a second signal to stop: not waiting any longer; what was in flight may be sent again");
    std::_Exit(EXIT_FAILURE);
  }
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  stop();
}

void Daemon::reload() {
  notify_reloading();
  const config::Loaded loaded = config::load_file(config_file_, config::Environment::process());
  for (const config::Problem& problem : loaded.problems) {
    log::error("the configuration was not reloaded; the old one stays", {{"problem", problem.to_string()}});
  }
  if (loaded.problems.empty()) {
    const config::Config& fresh = loaded.config;
    log::set_level(fresh.log.level);
    delivery_->resume(target(fresh));
    // What else differs needs a restart: doors and files are in use.
    config::Config same = fresh;
    same.api = config_.api;
    same.log = config_.log;
    const bool more_changed = config::print(same) != config::print(config_);
    config_.api = fresh.api;
    config_.log = fresh.log;
    if (more_changed) {
      log::warning("settings outside `api` and `log` have changed: they take effect at the next start");
    }
    log::info("reloaded", {{"destination", config_.api.create_url()}, {"key_from", config_.api.key_origin}});
  }
  notify_ready(cat("delivering to ", config_.api.create_url()));
}

// First the doors, so that nothing new comes in, then what is behind them. The time of the requests in flight runs from
// the beginning: a slow writer adds nothing to it.
void Daemon::stop() {
  stopping_ = true;
  notify_stopping();
  delivery_->begin_stop();
  sockets_->stop([this] {
    stopper_ = std::jthread([this] {
      name_this_thread("stopper");
      stop_behind_the_doors();
      boost::asio::post(loop_, [this] {
        if (pages_) {
          pages_->stop();
        }
        loop_.stop();
      });
    });
  });
}

void Daemon::stop_behind_the_doors() {
  if (spool_) {
    spool_->stop();
  }
  if (delivery_) {
    delivery_->stop();
  }
  if (journal_) {
    journal_->stop();
  }
}

Page Daemon::ready_page() const {
  const journal::Snapshot journal = journal_->snapshot();
  const delivery::State delivery = delivery_->state();
  if (!journal.trouble.empty()) {
    return {503, "text/plain; charset=utf-8",
            cat("not ready: the journal can't take records: ", journal.trouble, "\n")};
  }
  if (!delivers(delivery)) {
    return {503, "text/plain; charset=utf-8",
            cat("not ready: ", name_of(delivery.destination.mode), ": ", delivery.destination.reason, "\n")};
  }
  return {200, "text/plain; charset=utf-8", "ready\n"};
}

std::string Daemon::status_line() const {
  const journal::Snapshot journal = journal_->snapshot();
  const delivery::State delivery = delivery_->state();
  return cat("backlog: ", journal.backlog_records, " records, ", to_text(Bytes{journal.backlog_bytes}),
             "\ndelivery: ", name_of(delivery.destination.mode), delivery.destination.reason.empty() ? "" : ": ",
             delivery.destination.reason, journal.trouble.empty() ? "" : "\njournal: ", journal.trouble,
             delivery.dead_letters.trouble.empty() ? "" : "\ndead letters: ", delivery.dead_letters.trouble);
}

}  // namespace

Status run_daemon(const config::Config& config, const std::string& config_file) {
  set_process_limits();
  block_signals();
  http::start_library();
  Daemon daemon(config, config_file);
  if (auto started = daemon.start(); !started) {
    return started;
  }
  daemon.run();
  return {};
}

}  // namespace respand::app
