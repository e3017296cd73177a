#pragma once
// What the daemon does every few seconds, whether anybody looks or not. StatusSampler keeps totals for rates and sends
// the service manager the status line. HistorySampler keeps the last hour for the charts of the status page.
// WatchdogTimer feeds the service manager's watchdog while all threads make progress. io thread; they end with the
// loop.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "app/history.h"
#include "app/pipeline.h"
#include "app/status_source.h"
#include "app/watchdog.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class StatusSampler {
 public:
  // Both are borrowed for its life.
  StatusSampler(boost::asio::io_context& loop, StatusSource& source) : source_(source), timer_(loop) {}

  // Samples now, and every Rates::kInterval from now on.
  void start() { sample(); }
  // The service manager was sent another status line: the next sample sends this one again.
  void forget_told() { told_.clear(); }
  // Sends nothing more: the daemon stops, and the service manager knows.
  void mute() { muted_ = true; }

 private:
  void sample();

  StatusSource& source_;
  boost::asio::steady_timer timer_;
  std::string told_;
  bool muted_ = false;
};

class HistorySampler {
 public:
  // All are borrowed for its life.
  HistorySampler(boost::asio::io_context& loop, const StatusSource& source, const Pipeline& pipeline,
                 const metrics::Registry& registry);

  // Samples now, and every History::kInterval from now on.
  void start() { sample(); }
  // Samples from number `since` on, as GET /history.json has them.
  [[nodiscard]] std::string json(std::uint64_t since) const;

 private:
  void sample();

  const StatusSource& source_;
  const Pipeline& pipeline_;
  const metrics::Registry& registry_;
  History history_;
  boost::asio::steady_timer timer_;
};

class WatchdogTimer {
 public:
  // Watches the threads of the journal and of delivery. `stands_still` is called when one of them makes no progress,
  // after the service manager was told. Requires: the pipeline is open.
  WatchdogTimer(boost::asio::io_context& loop, const Pipeline& pipeline, std::function<void()> stands_still);

  // Feeds the watchdog, and looks from now on as often as the service manager wants. Does nothing if it has no
  // watchdog.
  void start();
  // For a stop: the service manager watches over its time by itself.
  void stop();

 private:
  [[nodiscard]] static Watchdog watchdog_over(const Pipeline& pipeline);
  void wait();
  void look();

  Watchdog watchdog_;
  const std::function<void()> stands_still_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
};

}  // namespace respand::app
