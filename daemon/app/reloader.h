#pragma once
// Reloader: applies a changed configuration without a restart: the whole of it when asked (SIGHUP, the control socket),
// only the keys when a file with a key changes. If the new configuration has a mistake the old one stays. Settings that
// count only from the next start on are named in the log, and stay as they were. io thread.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "app/key_watch.h"
#include "respand/config/config.h"
#include "respand/config/prices.h"
#include "respand/metrics/metrics.h"

namespace respand::app {

class Reloader {
 public:
  // What the daemon does with a configuration that is good.
  struct Hooks {
    std::function<void(const std::vector<config::PriceList>& lists)> set_prices;
    std::function<void()> reconfigure;  // its parts go over to `config`
  };

  // `config`, borrowed for its life, is the one in force, and is replaced.
  Reloader(boost::asio::io_context& loop, metrics::Registry& registry, config::Config& config, std::string file,
           Hooks hooks);

  // Returns what is wrong with the new configuration, a line each; an empty text where it is in force.
  std::string reload();
  // Watches the files with keys from now on.
  void watch_keys();
  // Reads no more keys.
  void stop();

 private:
  void reread_keys();
  void take(config::Reloaded reloaded);
  void note(bool successful) const;

  config::Config& config_;
  const std::string file_;
  const Hooks hooks_;
  KeyWatch key_watch_;
  const metrics::Gauge successful_;
  const metrics::Gauge success_time_;
  bool stopped_ = false;
};

// Logs a warning if records.sample leaves records out.
void say_sampling(const config::Records::Sample& sample);

}  // namespace respand::app
