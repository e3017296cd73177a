#include "app/pipeline.h"

#include <chrono>
#include <utility>

#include "app/fd_store.h"
#include "app/long_start.h"
#include "app/process_resources.h"
#include "app/translate.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/fs/directory.h"
#include "respand/fs/file_system.h"

namespace respand::app {

Pipeline::Pipeline(boost::asio::io_context& loop, metrics::Registry& registry, const Descriptors& descriptors)
    : loop_(loop), registry_(registry), descriptors_(descriptors) {}

Status Pipeline::open(const config::Config& config) {
  if (Status loaded = load_prices(config); !loaded) {
    return loaded;
  }
  if (Status opened = open_journal(config); !opened) {
    return opened;
  }
  make_ledger(config);
  delivery_ = std::make_unique<delivery::Delivery>(delivery_settings(descriptors_.bound(config)), journal_->reader(),
                                                   fs::posix(), registry_, system_clock());
  fleet_.open(config, *journal_, *delivery_, registry_);
  return {};
}

Status Pipeline::load_prices(const config::Config& config) {
  const config::LoadedPrices loaded = config::load_prices(config, config::Environment::process());
  if (!loaded.problems.empty()) {
    return error(ErrorCode::kInvalid, loaded.problems.front().to_string());
  }
  set_prices(loaded.lists);
  return {};
}

void Pipeline::set_prices(const std::vector<config::PriceList>& lists) {
  prices_.set(std::make_shared<const record::PriceTable>(lists));
}

Status Pipeline::open_journal(const config::Config& config) {
  const LongStart patience("opening the journal");
  auto journal = journal::Journal::open(journal_settings(config), fs::posix(), registry_, system_clock(), random_);
  if (!journal) {
    return std::move(journal).error();
  }
  journal_ = std::move(*journal);
  return {};
}

// The ledger opens its file on its own thread, so that a slow or broken disk of it does not delay a start.
void Pipeline::make_ledger(const config::Config& config) {
  ledger::Settings settings = ledger_settings(config);
  settings.came_to_rest = [] { give_back_startup_memory(); };  // SQLite starts later than the daemon
  ledger_ =
      std::make_unique<ledger::Ledger>(std::move(settings), journal_->tailer(), fs::posix(), registry_, system_clock());
}

Status Pipeline::start(const config::Config& config, Inherited inherited,
                       std::function<sockets::Readiness(bool intake_only)> readiness) {
  journal_->start();
  ledger_->start();
  delivery_->start();
  fleet_.start();
  if (Status opened = open_sockets(config, std::move(inherited), std::move(readiness)); !opened) {
    return opened;
  }
  return open_spool(config);
}

Status Pipeline::open_sockets(const config::Config& config, Inherited inherited,
                              std::function<sockets::Readiness(bool intake_only)> readiness) {
  sockets::SocketIntake::Settings settings = socket_settings(descriptors_.bound(config), inherited);
  settings.prices = &prices_;
  settings.missing = &missing_;
  if (config.socket.ack == config::AckWhen::kPublished) {
    settings.settlement = &journal_->settlement();
  }
  live_reads_.set_target(target(config));
  settings.ask_api = [this](sockets::ReadRequest request, std::function<void(sockets::ReadAnswer)> answer) {
    live_reads_.ask(std::move(request), std::move(answer));
  };
  settings.readiness = std::move(readiness);
  sockets_ = std::make_unique<sockets::SocketIntake>(loop_, std::move(settings), journal_->writer(), registry_,
                                                     system_clock());
  if (Status opened = sockets_->start(); !opened) {
    return opened;
  }
  sockets_->take_back(take_stored(std::move(inherited.description), std::move(inherited.connections)));
  if (sockets_->http_port() != 0) {
    const std::string host = config.http.listen ? config.http.listen->host : "inherited";
    log::info("http on", {{"address", cat(host, ":", sockets_->http_port())}});
  }
  return {};
}

Status Pipeline::open_spool(const config::Config& config) {
  spool::Spool::Settings settings = spool_settings(config);
  settings.encoder.prices = &prices_;
  settings.encoder.missing = &missing_;
  auto spool =
      std::make_unique<spool::Spool>(std::move(settings), fs::posix_directories(), journal_->writer(),
                                     fleet_.spool_pin(*journal_), journal_->history(), registry_, system_clock());
  const Status opened = spool->open();
  if (!opened && opened.error().code == ErrorCode::kExists) {
    return Error(opened.error()).context("spool.directory");
  }
  if (!opened && opened.error().code == ErrorCode::kNotFound && !config.spool.directory_given) {
    fleet_.spool_pin(*journal_).keep_from(Sequence{~0ULL});  // There is no spool for which segments must be kept.
    return {};
  }
  registry_.on_collect(
      [spool = spool.get(), oldest = registry_.gauge("respand_spool_oldest_seconds",
                                                     "How long the oldest file in the spool directory has waited")] {
        oldest.set(std::chrono::duration<double>(spool->state().waiting.oldest_age(system_clock().wall())).count());
      });
  // Where the spool can't be opened, the listeners work without it, and opening it is tried again.
  if (Status started = spool->start(); !started) {
    return std::move(started).fail("spool.directory");
  }
  spool_ = std::move(spool);
  return {};
}

void Pipeline::reconfigure(const config::Config& config) {
  const config::Config bounded = descriptors_.bound(config);
  delivery_->resume(delivery_settings(bounded));
  fleet_.reconfigure(config);
  live_reads_.set_target(target(config));
  const auto rules = record_rules(config);
  sockets_->reconfigure(access(config), rate_limits(config), connection_limits(bounded));
  sockets_->reconfigure(http_rules(config));
  sockets_->reconfigure(rules, config.socket.key);
  if (spool_) {
    spool_->reconfigure(rules, config.spool.key);
  }
}

// Delivery begins its stop first, so that its drain time runs while slow writers are waited for.
void Pipeline::stop_listeners(std::function<void()> stopped, sockets::ConnectionHandoff* handoff) {
  delivery_->begin_stop();
  fleet_.begin_stop();
  live_reads_.begin_stop();
  sockets_->stop(std::move(stopped), handoff);
}

// Each part ends before the one that it hands records to, or acknowledges to: spool, relay and workers before the
// journal. An edge ends when nothing comes in any more, so that it can publish all.
void Pipeline::stop_behind_the_listeners() {
  if (spool_) {
    spool_->stop();
  }
  fleet_.stop_relay();
  fleet_.stop_edge();
  if (delivery_) {
    delivery_->stop();
  }
  if (journal_) {
    journal_->stop();
  }
  if (ledger_) {
    ledger_->stop();  // after the journal, so that it counts the last records
  }
}

}  // namespace respand::app
