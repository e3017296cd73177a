#include "app/daemon_pages.h"

#include <array>
#include <utility>

#include "app/open_records.h"
#include "app/readiness.h"
#include "app/status_page.h"
#include "app/tap_stream.h"
#include "respand/base/audit_log.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::app {

DaemonPages::DaemonPages(boost::asio::io_context& loop, metrics::Registry& registry, Pipeline& pipeline,
                         StatusSource& status, const HistorySampler& history, std::function<std::string()> reload)
    : loop_(loop),
      pipeline_(pipeline),
      status_(status),
      history_(history),
      reload_(std::move(reload)),
      metrics_(registry, status) {}

Status DaemonPages::open_public(const config::Config& config, const Descriptors& descriptors) {
  if (!config.metrics.listen) {
    return {};
  }
  PageServer::Pages pages;
  pages["GET /metrics"] = [this](const PageServer::Request&) { return metrics_.make(); };
  pages["GET /healthz"] = [](const PageServer::Request&) { return Page{.body = "alive\n"}; };
  add_ready_pages(pages);
  add_status_page(pages, {.text = [this] { return status_.make(status_text); },
                          .json = [this] { return status_.make(status_json) + "\n"; },
                          .history = [this](std::uint64_t since) { return history_.json(since); }});
  public_ = std::make_unique<PageServer>(loop_, std::move(pages));
  public_->set_most(descriptors.pages());
  public_->know_hosts(config.http.hosts);
  Status started = public_->start(config.metrics.listen->host, config.metrics.listen->port);
  if (started) {
    log::info("pages on", {{"address", cat(config.metrics.listen->host, ":", public_->port())}});
  }
  return started;
}

void DaemonPages::open_control(const config::Config& config, const Descriptors& descriptors) {
  letters_ = std::make_unique<DeadLetterApi>(loop_, config.dead_letters.directory, config.spool.directory);
  PageServer::Pages pages;
  add_status_requests(pages);
  add_ready_pages(pages);
  add_record_requests(pages);
  add_process_requests(pages);
  control_ = std::make_unique<PageServer>(loop_, std::move(pages));
  control_->set_most(descriptors.pages());
  if (Status opened = control_->start_private(config.control.path, config.control.mode); !opened) {
    log::warning("no control socket: `respand status` and its like can't reach this daemon",
                 {{"why", opened.error().message}});
  }
}

void DaemonPages::add_ready_pages(PageServer::Pages& pages) {
  pages["GET /readyz"] = [this](const PageServer::Request&) { return ready_page(false); };
  pages["GET /readyz/intake"] = [this](const PageServer::Request&) { return ready_page(true); };
}

// The answer is 503 where no record can be taken; `respand status` then ends with 1.
void DaemonPages::add_status_requests(PageServer::Pages& pages) {
  const auto code = [this] { return is_blocked(pipeline_.journal().snapshot()) ? 503U : 200U; };
  pages["GET /status"] = [this, code](const PageServer::Request&) {
    return Page{.status = code(), .body = status_.make(status_text)};
  };
  pages["GET /status.json"] = [this, code](const PageServer::Request&) {
    return Page{.status = code(), .type = "application/json", .body = status_.make(status_json) + "\n"};
  };
  pages["GET /metrics"] = [this](const PageServer::Request&) { return metrics_.make(); };
}

void DaemonPages::add_record_requests(PageServer::Pages& pages) {
  pages["GET /tap"] = [this](const PageServer::Request& asked) {
    log::audit("control: tap", {{"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return tap_page(loop_, pipeline_.delivery().tap(), asked.query);
  };
  pages["GET /records"] = [this](const PageServer::Request& asked) {
    return open_records_page(pipeline_.journal(), asked.query);
  };
  pages["GET /dead-letters"] = [this](const PageServer::Request& asked) { return letters_->list(asked.query); };
  pages["POST /dead-letters/replay"] = [this](const PageServer::Request& asked) {
    log::audit("control: replay of dead letters",
               {{"which", asked.query}, {"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return letters_->replay(asked.query, pipeline_.spool() != nullptr);
  };
  pages["POST /dead-letters/add"] = [this](const PageServer::Request& asked) {
    log::audit("control: a record is given up",
               {{"which", asked.query}, {"pid", asked.caller.pid}, {"uid", std::uint64_t{asked.caller.uid}}});
    return letters_->add(asked.query, pipeline_.delivery());
  };
}

void DaemonPages::add_process_requests(PageServer::Pages& pages) {
  pages["POST /reload"] = [this](const PageServer::Request& asked) { return reload_for(asked.caller); };
  pages["PUT /log-level"] = [](const PageServer::Request& asked) { return set_log_level(asked.caller, asked.body); };
}

sockets::Readiness DaemonPages::readiness(bool intake_only) {
  if (stopping_) {
    return {.ready = false, .text = "not ready: stopping\n"};
  }
  sockets::Readiness now;
  now.text = status_.make([&](const StatusSnapshot& look) {
    now.ready = intake_only ? takes_records(look) : is_ready(look);
    return intake_only ? intake_text(look) : ready_text(look);
  });
  return now;
}

Page DaemonPages::ready_page(bool intake_only) {
  sockets::Readiness now = readiness(intake_only);
  return {.status = now.ready ? 200U : 503U, .body = std::move(now.text)};
}

Page DaemonPages::reload_for(const Caller& caller) {
  log::audit("control: reload", {{"pid", caller.pid}, {"uid", std::uint64_t{caller.uid}}});
  const std::string problems = reload_();
  return problems.empty() ? Page{.body = "reloaded\n"} : Page{.status = 422, .body = problems};
}

Page DaemonPages::set_log_level(const Caller& caller, std::string_view level) {
  level = level.substr(0, level.find('\n'));
  constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels = {{{"debug", log::Level::kDebug},
                                                                               {"info", log::Level::kInfo},
                                                                               {"warning", log::Level::kWarning},
                                                                               {"error", log::Level::kError}}};
  for (const auto& [name, known] : kLevels) {
    if (level == name) {
      log::audit("control: log level", {{"level", name}, {"pid", caller.pid}, {"uid", std::uint64_t{caller.uid}}});
      log::set_level(known);
      return Page{.body = cat("log level ", name, ", until the next reload\n")};
    }
  }
  return Page{.status = 400, .body = "a log level is debug, info, warning or error\n"};
}

void DaemonPages::reconfigure(const config::Config& config) {
  if (public_) {
    public_->know_hosts(config.http.hosts);
  }
}

void DaemonPages::stop() {
  if (public_) {
    public_->stop();
  }
  control_->stop();
}

}  // namespace respand::app
