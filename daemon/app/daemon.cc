#include "app/daemon.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include "app/cost_status.h"
#include "app/dead_letter_api.h"
#include "app/descriptors.h"
#include "app/fd_store.h"
#include "app/health_issues.h"
#include "app/history.h"
#include "app/key_watch.h"
#include "app/live_reads.h"
#include "app/long_start.h"
#include "app/open_records.h"
#include "app/page_server.h"
#include "app/process_resources.h"
#include "app/readiness.h"
#include "app/service_manager.h"
#include "app/signals.h"
#include "app/status.h"
#include "app/status_page.h"
#include "app/tap_stream.h"
#include "app/translate.h"
#include "app/vitals.h"
#include "app/watchdog.h"
#include "respand/base/log.h"
#include "respand/base/log_output.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/base/version.h"
#include "respand/config/prices.h"
#include "respand/record/prices.h"

namespace respand::app {
namespace {

// Over delivery.drain_timeout, what a stop is given on a machine that is busy.
constexpr Duration kStopMargin = std::chrono::seconds{15};
// For the log at a stop that is not waited for.
constexpr Duration kLastLines = std::chrono::milliseconds{50};

class Daemon {
 public:
  Daemon(const config::Config& config, std::string config_file, const Descriptors& descriptors)
      : config_(config), config_file_(std::move(config_file)), descriptors_(descriptors) {}

  // Requires: called once, before run().
  [[nodiscard]] Status start();
  void run();
  // Also after a start that failed half-way.
  ~Daemon() { stop_behind_the_listeners(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

 private:
  using Form = std::function<std::string(const StatusSnapshot&)>;

  void say_other_paths() const;
  void say_shortage() const;
  [[nodiscard]] Status load_prices();
  [[nodiscard]] Status open_journal();
  void make_delivery();
  void make_ledger();
  [[nodiscard]] Status open_listeners();
  void add_ready_pages(PageServer::Pages& pages);
  [[nodiscard]] Status open_pages();
  void open_control();
  void sample();
  void remember();
  void watch();
  void look_again();
  void on_signal(int signal);
  std::string reload();
  void watch_key_files();
  void note_reload(bool successful) const;
  [[nodiscard]] Page reload_for(const Caller& caller);
  [[nodiscard]] Page set_log_level(const Caller& caller, std::string_view level);
  void reconfigure(config::Reloaded reloaded);
  void stop();
  void stop_behind_the_listeners();
  [[nodiscard]] Page ready_page(const Form& text);
  [[nodiscard]] Page metrics_page();
  [[nodiscard]] std::string metrics();
  [[nodiscard]] Duration oldest_age() const;
  [[nodiscard]] Totals totals() { return totals_of(registry_); }
  [[nodiscard]] std::string status(const Form& form) { return status(form, totals()); }
  [[nodiscard]] std::string status(const Form& form, const Totals& totals);

  config::Config config_;
  const std::string config_file_;
  const Descriptors descriptors_;

  Inherited inherited_;
  sockets::ConnectionHandoff handoff_;  // open connections, at the stop
  boost::asio::io_context loop_{1};
  metrics::Registry registry_;
  SeededRandom random_{entropy()};
  SnapshotCell<record::PriceTable> prices_;  // set at start and reload
  encode::MissingCounters missing_{registry_};
  Vitals vitals_{registry_};
  const metrics::Counter log_lines_dropped_ =
      registry_.counter("respand_log_lines_dropped_total", "Log lines that stderr did not take");
  std::uint64_t log_lines_counted_ = 0;  // of log_lines_dropped_
  const metrics::Gauge reload_successful_ =
      registry_.gauge("respand_config_last_reload_successful",
                      "1: the configuration in force is the one that was read last; 0: that had mistakes");
  const metrics::Gauge reload_success_time_ = registry_.gauge("respand_config_last_reload_success_timestamp_seconds",
                                                              "When the configuration in force was read (Unix time)");
  // In the order in which they are built; they go in the opposite one, so that nothing outlives what it borrows.
  std::optional<Signals> signals_;
  LiveReads live_reads_{loop_};
  std::unique_ptr<sockets::SocketIntake> sockets_;
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<delivery::Delivery> delivery_;
  std::unique_ptr<PageServer> pages_;
  std::unique_ptr<PageServer> control_;
  std::unique_ptr<DeadLetterApi> letters_;
  const MonoTime started_ = system_clock().mono();
  Rates rates_{started_};
  History history_{started_, system_clock().wall()};
  boost::asio::steady_timer history_timer_{loop_};
  IssueClock since_;
  boost::asio::steady_timer sample_timer_{loop_};
  std::string status_told_;  // to the service manager
  std::optional<Watchdog> watchdog_;
  boost::asio::steady_timer watchdog_timer_{loop_};
  KeyWatch key_watch_{loop_, [this] { watch_key_files(); }};
  bool stopping_ = false;
  std::jthread stopper_;  // ends what may wait, while the loop still serves pages and signals
};

std::string list_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) {
    list += cat(list.empty() ? "" : " ", key);
  }
  return list.empty() ? "nothing" : list;
}

void say_sampling(const config::Records::Sample& sample) {
  if (sample.rate < 1) {
    log::warning("records.sample leaves out records: they are acknowledged and counted, and not delivered",
                 {{"rate", sample.rate},
                  {"keep_errors", sample.keep_errors},
                  {"keep_slower_than", to_text(sample.keep_slower_than)}});
  }
}

Status Daemon::start() {
  auto inherited = inherited_sockets();
  if (!inherited) {
    return std::move(inherited).error();
  }
  inherited_ = std::move(*inherited);
  say_other_paths();
  say_shortage();
  note_reload(true);
  registry_.gauge("respand_build_info", "The version of this build; always 1", {{"version", kVersion}}).set(1);
  signals_.emplace(loop_, [this](int signal) { on_signal(signal); });
  if (auto loaded = load_prices(); !loaded) {
    return loaded;
  }
  if (auto opened = open_journal(); !opened) {
    return opened;
  }
  make_ledger();
  make_delivery();
  if (auto opened = open_pages(); !opened) {
    return opened;
  }
  open_control();
  return open_listeners();
}

// `respand send` and its like look for the socket where the configuration says it is.
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

Status Daemon::load_prices() {
  const config::LoadedPrices loaded = config::load_prices(config_, config::Environment::process());
  if (!loaded.problems.empty()) {
    return error(ErrorCode::kInvalid, loaded.problems.front().to_string());
  }
  prices_.set(std::make_shared<const record::PriceTable>(loaded.lists));
  return {};
}

Status Daemon::open_journal() {
  const LongStart patience("opening the journal");
  auto journal = journal::Journal::open(journal_settings(config_), fs::posix(), registry_, system_clock(), random_);
  if (!journal) {
    return std::move(journal).error();
  }
  journal_ = std::move(*journal);
  return {};
}

void Daemon::make_delivery() {
  delivery_ = std::make_unique<delivery::Delivery>(delivery_settings(descriptors_.bound(config_)), journal_->reader(),
                                                   fs::posix(), registry_, system_clock());
}

// It opens its file on its own thread: a slow or broken disk of its own does not hold up a start.
void Daemon::make_ledger() {
  ledger::Settings settings = ledger_settings(config_);
  settings.came_to_rest = [] { give_back_startup_memory(); };  // SQLite's own start comes behind the daemon's
  ledger_ =
      std::make_unique<ledger::Ledger>(std::move(settings), journal_->tailer(), fs::posix(), registry_, system_clock());
}

// The listeners come last: nobody is let in before everything behind them runs.
Status Daemon::open_listeners() {
  journal_->start();
  ledger_->start();
  delivery_->start();
  sockets::SocketIntake::Settings socket = socket_settings(descriptors_.bound(config_), inherited_);
  socket.prices = &prices_;
  socket.missing = &missing_;
  live_reads_.set_target(target(config_));
  socket.ask_api = [this](sockets::ReadRequest request, std::function<void(sockets::ReadAnswer)> answer) {
    live_reads_.ask(std::move(request), std::move(answer));
  };
  socket.ready = [this](bool intake_only) { return ready_page(intake_only ? intake_text : ready_text).body; };
  sockets_ =
      std::make_unique<sockets::SocketIntake>(loop_, std::move(socket), journal_->writer(), registry_, system_clock());
  if (auto opened = sockets_->start(); !opened) {
    return opened;
  }
  sockets_->take_back(take_stored(std::move(inherited_.description), std::move(inherited_.connections)));
  if (sockets_->http_port() != 0) {
    log::info(
        "http on",
        {{"address", cat(config_.http.listen ? config_.http.listen->host : "inherited", ":", sockets_->http_port())}});
  }
  spool::Spool::Settings spool_of = spool_settings(config_);
  spool_of.encoder.prices = &prices_;
  spool_of.encoder.missing = &missing_;
  auto spool = std::make_unique<spool::Spool>(std::move(spool_of), journal_->writer(), journal_->retention(),
                                              journal_->history(), registry_, system_clock());
  const Status opened = spool->open();
  if (!opened && opened.error().code == ErrorCode::kExists) {
    return Error(opened.error()).context("spool.directory");
  }
  if (!opened && opened.error().code == ErrorCode::kNotFound && !config_.spool.directory_given) {
    journal_->retention().keep_from(Sequence{~0ULL});  // no spool that could need to look back
    return {};
  }
  registry_.on_collect(
      [spool = spool.get(), oldest = registry_.gauge("respand_spool_oldest_seconds",
                                                     "How long the oldest file in the spool directory has waited")] {
        oldest.set(std::chrono::duration<double>(spool->state().waiting.oldest_age(system_clock().wall())).count());
      });
  // Where it can't be opened the other listeners work, and it is tried again.
  if (Status started = spool->start(); !started) {
    return std::move(started).fail("spool.directory");
  }
  spool_ = std::move(spool);
  return {};
}

void Daemon::add_ready_pages(PageServer::Pages& pages) {
  pages["GET /readyz"] = [this](const PageServer::Request&) { return ready_page(ready_text); };
  pages["GET /readyz/intake"] = [this](const PageServer::Request&) { return ready_page(intake_text); };
}

Status Daemon::open_pages() {
  if (!config_.metrics.listen) {
    return {};
  }
  PageServer::Pages pages;
  pages["GET /metrics"] = [this](const PageServer::Request&) { return metrics_page(); };
  pages["GET /healthz"] = [](const PageServer::Request&) { return Page{.body = "alive\n"}; };
  add_ready_pages(pages);
  add_status_page(pages, {.text = [this] { return status(status_text); },
                          .json = [this] { return status(status_json) + "\n"; },
                          .history =
                              [this](std::uint64_t since) {
                                return history_.json(since, system_clock().mono(), system_clock().wall());
                              }});
  pages_ = std::make_unique<PageServer>(loop_, std::move(pages));
  pages_->set_most(descriptors_.pages());
  pages_->know_hosts(config_.http.hosts);
  auto started = pages_->start(config_.metrics.listen->host, config_.metrics.listen->port);
  if (started) {
    log::info("pages on", {{"address", cat(config_.metrics.listen->host, ":", pages_->port())}});
  }
  return started;
}

// The log can't count in metrics itself.
std::string Daemon::metrics() {
  const std::uint64_t dropped = log::dropped_lines();
  log_lines_dropped_.add(static_cast<double>(dropped - std::exchange(log_lines_counted_, dropped)));
  static_cast<void>(status([this](const StatusSnapshot& look) {
    vitals_.show(look);
    return std::string();
  }));
  return registry_.expose();
}

Page Daemon::metrics_page() { return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()}; }

// Records are shipped without it: that it can't be opened is said, and no more.
void Daemon::open_control() {
  PageServer::Pages pages;
  // 503 where no record can be taken: `respand status` ends with 1 then.
  const auto state = [this] { return is_blocked(journal_->snapshot()) ? 503U : 200U; };
  pages["GET /status"] = [this, state](const PageServer::Request&) {
    return Page{.status = state(), .body = status(status_text)};
  };
  pages["GET /status.json"] = [this, state](const PageServer::Request&) {
    return Page{.status = state(), .type = "application/json", .body = status(status_json) + "\n"};
  };
  add_ready_pages(pages);
  pages["GET /metrics"] = [this](const PageServer::Request&) { return metrics_page(); };
  pages["GET /tap"] = [this](const PageServer::Request& asked) {
    log::info("control: tap", {{"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return tap_page(loop_, delivery_->tap(), asked.query);
  };
  letters_ = std::make_unique<DeadLetterApi>(loop_, config_.dead_letters.directory, config_.spool.directory);
  pages["GET /dead-letters"] = [this](const PageServer::Request& asked) { return letters_->list(asked.query); };
  pages["GET /records"] = [this](const PageServer::Request& asked) {
    return open_records_page(*journal_, asked.query);
  };
  pages["POST /dead-letters/replay"] = [this](const PageServer::Request& asked) {
    log::info("control: replay of dead letters",
              {{"which", asked.query}, {"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return letters_->replay(asked.query, spool_ != nullptr);
  };
  pages["POST /dead-letters/add"] = [this](const PageServer::Request& asked) {
    log::info("control: a record is given up",
              {{"which", asked.query}, {"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return letters_->add(asked.query, *delivery_);
  };
  pages["POST /reload"] = [this](const PageServer::Request& asked) { return reload_for(asked.caller); };
  pages["PUT /log-level"] = [this](const PageServer::Request& asked) {
    return set_log_level(asked.caller, asked.body);
  };
  control_ = std::make_unique<PageServer>(loop_, std::move(pages));
  control_->set_most(descriptors_.pages());
  if (auto opened = control_->start_private(config_.control.path, config_.control.mode); !opened) {
    log::warning("no control socket: `respand status` and its like can't reach this daemon",
                 {{"why", opened.error().message}});
  }
}

// Every now and then, so that rates can be told.
void Daemon::sample() {
  const Totals now = totals();
  rates_.sample(system_clock().mono(), now);
  // Made also where nobody hears it: what is wrong is noted with its time.
  if (std::string line = status(status_line, now); line != status_told_ && service_manager_listens() && !stopping_) {
    notify_status(line);
    status_told_ = std::move(line);
  }
  sample_timer_.expires_after(Rates::kInterval);
  sample_timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) {
      sample();
    }
  });
}

// For the charts of the status page; where there is none, nobody asks.
void Daemon::remember() {
  if (!pages_) {
    return;
  }
  history_.add(system_clock().mono(),
               moment_of(registry_, journal_->snapshot(), delivery_->state().upstream, oldest_age()));
  history_timer_.expires_after(History::kInterval);
  history_timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) {
      remember();
    }
  });
}

Duration Daemon::oldest_age() const {
  const auto oldest = journal_->oldest();
  return oldest ? std::max(Duration{0}, system_clock().wall() - *oldest) : Duration{0};
}

// The service manager hears that we live only while the threads behind the listeners get on.
void Daemon::watch() {
  if (watchdog_interval() == Duration{0}) {
    return;
  }
  std::vector<Watchdog::Thread> threads;
  threads.push_back({"journal", [this] { return journal_->turns(); }, [this] { journal_->nudge(); }});
  for (std::uint32_t worker = 0; worker < delivery_->workers(); ++worker) {
    threads.push_back({cat("send-", worker + 1), [this, worker] { return delivery_->turns(worker); },
                       [this, worker] { delivery_->nudge(worker); }});
  }
  watchdog_.emplace(std::move(threads));
  notify_alive();
  look_again();
}

void Daemon::look_again() {
  watchdog_timer_.expires_after(watchdog_interval());
  watchdog_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled || stopping_) {
      return;  // The time of a stop is the manager's to watch.
    }
    if (const std::string still = watchdog_->look(); still.empty()) {
      notify_alive();
    } else {
      log::warning("a thread stands still: the watchdog is not fed", {{"threads", still}});
      notify_status(cat("stands still: ", still));
      status_told_.clear();
    }
    look_again();
  });
}

Page Daemon::reload_for(const Caller& caller) {
  log::info("control: reload", {{"pid", caller.pid}, {"uid", static_cast<std::uint64_t>(caller.uid)}});
  const std::string problems = reload();
  return problems.empty() ? Page{.body = "reloaded\n"} : Page{.status = 422, .body = problems};
}

Page Daemon::set_log_level(const Caller& caller, std::string_view level) {
  level = level.substr(0, level.find('\n'));
  constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels = {{{"debug", log::Level::kDebug},
                                                                               {"info", log::Level::kInfo},
                                                                               {"warning", log::Level::kWarning},
                                                                               {"error", log::Level::kError}}};
  for (const auto& [name, known] : kLevels) {
    if (level == name) {
      log::info("control: log level",
                {{"level", name}, {"pid", caller.pid}, {"uid", static_cast<std::uint64_t>(caller.uid)}});
      log::set_level(known);
      return Page{.body = cat("log level ", name, ", until the next reload\n")};
    }
  }
  return Page{.status = 400, .body = "a log level is debug, info, warning or error\n"};
}

void Daemon::run() {
  say_sampling(config_.records.sample);
  const journal::Snapshot journal = journal_->snapshot();
  log::info("ready", {{"version", kVersion},
                      {"socket", config_.socket.path},
                      {"spool", spool_ ? std::string_view(config_.spool.directory) : std::string_view("off")},
                      {"destination", config_.api.create_url()},
                      {"backlog_records", journal.backlog_records}});
  notify_ready(status(status_line));
  watch();
  sample();
  remember();
  key_watch_.watch(config::key_files(config_));
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
    log::stop(kLastLines);
    std::_Exit(EXIT_FAILURE);
  }
  log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  stop();
}

// Returns what is wrong with the new configuration, a line each; nothing where it is in force.
std::string Daemon::reload() {
  notify_reloading();
  std::string problems;
  config::Loaded loaded = config::load_file(config_file_, config::Environment::process());
  config::LoadedPrices prices;
  if (loaded.problems.empty()) {
    prices = config::load_prices(loaded.config, config::Environment::process());
    loaded.problems = prices.problems;
  }
  for (const config::Problem& problem : loaded.problems) {
    log::error("the configuration was not reloaded; the old one stays", {{"problem", problem.to_string()}});
    problems += problem.to_string() + "\n";
  }
  if (loaded.problems.empty()) {
    prices_.set(std::make_shared<const record::PriceTable>(prices.lists));
    reconfigure(config::reload(config_, loaded.config));
  }
  note_reload(problems.empty());
  notify_ready(problems.empty() ? status(status_line)
                                : cat("the configuration was not reloaded: ", problems.substr(0, problems.find('\n'))));
  status_told_.clear();
  return problems;
}

// A key file was changed: what it holds now counts, and nothing else of the configuration is read.
void Daemon::watch_key_files() {
  if (stopping_) {
    return;
  }
  config::Reread reread = config::reread_keys(config_, config::Environment::process());
  for (const config::Problem& problem : reread.problems) {
    log::error("a key file was changed and is not good; the keys from before stay", {{"problem", problem.to_string()}});
  }
  if (reread.config) {
    reconfigure(config::reload(config_, *reread.config));
  }
}

// A start counts as one.
void Daemon::note_reload(bool successful) const {
  reload_successful_.set(successful ? 1 : 0);
  if (successful) {
    reload_success_time_.set(std::chrono::duration<double>(system_clock().wall().time_since_epoch()).count());
  }
}

// Each part goes over between two records. What needs a restart is named, and stays as it was.
void Daemon::reconfigure(config::Reloaded reloaded) {
  const bool other_files = config::key_files(reloaded.config) != config::key_files(config_);
  const bool other_sample = reloaded.config.records.sample != config_.records.sample;
  config_ = std::move(reloaded.config);
  log::set_level(config_.log.level);
  const config::Config bounded = descriptors_.bound(config_);
  delivery_->resume(delivery_settings(bounded));
  sockets_->reconfigure(access(config_), rate_limits(config_), connection_limits(bounded));
  say_shortage();
  live_reads_.set_target(target(config_));
  sockets_->reconfigure(http_rules(config_));
  if (pages_) {
    pages_->know_hosts(config_.http.hosts);
  }
  const auto rules = record_rules(config_);
  sockets_->reconfigure(rules, config_.socket.key);
  if (spool_) {
    spool_->reconfigure(rules, config_.spool.key);
  }
  if (!reloaded.kept.empty()) {
    log::warning("some settings have changed that count only from the next start on: systemctl restart respand",
                 {{"settings", list_of(reloaded.kept)}});
  }
  if (other_sample) {
    say_sampling(config_.records.sample);
  }
  if (other_files) {
    key_watch_.watch(config::key_files(config_));
  }
  log::info("reloaded", {{"destination", config_.api.create_url()},
                         {"key_from", config_.api.key_origin},
                         {"files", list_of(config_.files)},
                         {"changed", list_of(reloaded.taken)}});
}

// First the listeners, so that nothing new comes in, then what is behind them. The time of the requests in flight runs
// from the beginning: a slow writer adds nothing to it.
void Daemon::stop() {
  stopping_ = true;
  key_watch_.stop();
  notify_stopping(config_.delivery.drain_timeout + kStopMargin);
  delivery_->begin_stop();
  live_reads_.begin_stop();
  sockets_->stop(
      [this] {
        store_connections(handoff_);
        stopper_ = std::jthread([this] {
          name_this_thread("stopper");
          stop_behind_the_listeners();
          boost::asio::post(loop_, [this] {
            if (pages_) {
              pages_->stop();
            }
            control_->stop();
            loop_.stop();
          });
        });
      },
      service_manager_listens() ? &handoff_ : nullptr);
}

void Daemon::stop_behind_the_listeners() {
  if (spool_) {
    spool_->stop();
  }
  if (delivery_) {
    delivery_->stop();
  }
  if (journal_) {
    journal_->stop();
  }
  if (ledger_) {
    ledger_->stop();  // behind the journal, so that it counts what came last
  }
}

Page Daemon::ready_page(const Form& text) {
  const std::string why = stopping_ ? "not ready: stopping\n" : status(text);
  return {.status = why.starts_with("ready") ? 200U : 503U, .body = why};
}

std::string Daemon::status(const Form& form, const Totals& totals) {
  const MonoTime now = system_clock().mono();
  const WallTime wall = system_clock().wall();
  const journal::Snapshot journal = journal_->snapshot();
  const delivery::State delivery = delivery_->state();
  const ledger::State ledger = ledger_->state();
  const std::string spend = spend_json(ledger);
  const std::string more = spend_lines(ledger);
  const std::vector<sockets::PeerCount> users = sockets_ ? sockets_->users() : std::vector<sockets::PeerCount>{};
  const std::string shortage = descriptors_.shortage(config_);
  const spool::SpoolIssue spool = spool_ ? spool_->current_issue() : spool::SpoolIssue{};
  const spool::Spool::State spool_state = spool_ ? spool_->state() : spool::Spool::State{};
  std::vector<HealthIssue> issues = find_issues({.config = config_,
                                                 .config_file = config_file_,
                                                 .journal = journal,
                                                 .delivery = delivery,
                                                 .delivery_since = wall - (now - delivery.upstream.since),
                                                 .ledger = ledger,
                                                 .spool = spool,
                                                 .spool_state = spool_state,
                                                 .lost_socket = sockets_ ? sockets_->lost() : std::string(),
                                                 .crowd = sockets_ ? sockets_->crowd() : net::Crowd{},
                                                 .unserved = sockets_ ? sockets_->unserved() : sockets::Unserved{},
                                                 .shortage = shortage,
                                                 .damaged = totals.damaged,
                                                 .now = wall});
  since_.note(issues, wall);
  return form({.config = config_,
               .journal = journal,
               .delivery = delivery,
               .totals = totals,
               .issues = issues,
               .users = users,
               .spool = spool_state.waiting,
               .now = wall,
               .received_rate = rates_.received(now, totals),
               .delivered_rate = rates_.delivered(now, totals),
               .next_try = std::max(Duration{0}, delivery.upstream.next_try - now),
               .error_age = std::max(Duration{0}, now - delivery.upstream.failed_at),
               .error_over = delivery.upstream.good_since == MonoTime{} ? WallTime{}
                                                                        : wall - (now - delivery.upstream.good_since),
               .oldest_age = oldest_age(),
               .up = now - started_,
               .spend = spend,
               .more = more,
               .metrics = &registry_});
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
