#include "app/samplers.h"

#include <utility>
#include <vector>

#include "app/service_manager.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::app {

void StatusSampler::sample() {
  source_.sample_rates();
  // The status is made even if there is no service manager: making it notes since when each issue exists.
  if (std::string line = source_.make(status_line); line != told_ && service_manager_listens() && !muted_) {
    notify_status(line);
    told_ = std::move(line);
  }
  timer_.expires_after(Rates::kInterval);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) {
      sample();
    }
  });
}

HistorySampler::HistorySampler(boost::asio::io_context& loop, const StatusSource& source, const Pipeline& pipeline,
                               const metrics::Registry& registry)
    : source_(source),
      pipeline_(pipeline),
      registry_(registry),
      history_(source.started(), system_clock().wall()),
      timer_(loop) {}

void HistorySampler::sample() {
  history_.add(system_clock().mono(), moment_of(registry_, pipeline_.journal().snapshot(),
                                                pipeline_.delivery().state().upstream, source_.oldest_age()));
  timer_.expires_after(History::kInterval);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) {
      sample();
    }
  });
}

std::string HistorySampler::json(std::uint64_t since) const {
  return history_.json(since, system_clock().mono(), system_clock().wall());
}

WatchdogTimer::WatchdogTimer(boost::asio::io_context& loop, const Pipeline& pipeline,
                             std::function<void()> stands_still)
    : watchdog_(watchdog_over(pipeline)), stands_still_(std::move(stands_still)), timer_(loop) {}

Watchdog WatchdogTimer::watchdog_over(const Pipeline& pipeline) {
  journal::Journal& journal = pipeline.journal();
  delivery::Delivery& delivery = pipeline.delivery();
  std::vector<Watchdog::Thread> threads;
  threads.push_back({"journal", [&journal] { return journal.turns(); }, [&journal] { journal.nudge(); }});
  for (std::uint32_t worker = 0; worker < delivery.workers(); ++worker) {
    threads.push_back({cat("send-", worker + 1), [&delivery, worker] { return delivery.turns(worker); },
                       [&delivery, worker] { delivery.nudge(worker); }});
  }
  pipeline.fleet().add_threads(threads);
  return Watchdog(std::move(threads));
}

void WatchdogTimer::start() {
  if (watchdog_interval() == Duration{0}) {
    return;
  }
  notify_alive();
  wait();
}

void WatchdogTimer::stop() { stopped_ = true; }

void WatchdogTimer::wait() {
  timer_.expires_after(watchdog_interval());
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !stopped_) {
      look();
      wait();
    }
  });
}

void WatchdogTimer::look() {
  const std::string still = watchdog_.look();
  if (still.empty()) {
    notify_alive();
    return;
  }
  log::warning("a thread stands still: the watchdog is not fed", {{"threads", still}});
  notify_status(cat("stands still: ", still));
  stands_still_();
}

}  // namespace respand::app
