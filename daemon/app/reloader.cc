#include "app/reloader.h"

#include <chrono>
#include <utility>

#include "app/status.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

std::string list_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) {
    list += cat(list.empty() ? "" : " ", key);
  }
  return list.empty() ? "nothing" : list;
}

}  // namespace

void say_sampling(const config::Records::Sample& sample) {
  if (sample.rate < 1) {
    log::warning("records.sample leaves out records: they are acknowledged and counted, and not delivered",
                 {{"rate", sample.rate},
                  {"keep_errors", sample.keep_errors},
                  {"keep_slower_than", to_text(sample.keep_slower_than)}});
  }
}

// A start counts as a reload.
Reloader::Reloader(boost::asio::io_context& loop, metrics::Registry& registry, config::Config& config, std::string file,
                   Hooks hooks)
    : config_(config),
      file_(std::move(file)),
      hooks_(std::move(hooks)),
      key_watch_(loop, [this] { reread_keys(); }),
      successful_(registry.gauge("respand_config_last_reload_successful",
                                 "1: the configuration in force is the one that was read last; 0: that had mistakes")),
      success_time_(registry.gauge("respand_config_last_reload_success_timestamp_seconds",
                                   "When the configuration in force was read (Unix time)")) {
  note(true);
}

std::string Reloader::reload() {
  std::string problems;
  config::Loaded loaded = config::load_file(file_, config::Environment::process());
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
    hooks_.set_prices(prices.lists);
    take(config::reload(config_, loaded.config));
  }
  note(problems.empty());
  return problems;
}

void Reloader::watch_keys() { key_watch_.watch(config::key_files(config_)); }

void Reloader::stop() {
  stopped_ = true;
  key_watch_.stop();
}

// After a change of a key file only the keys are read again, nothing else of the configuration.
void Reloader::reread_keys() {
  if (stopped_) {
    return;
  }
  config::Reread reread = config::reread_keys(config_, config::Environment::process());
  for (const config::Problem& problem : reread.problems) {
    log::error("a key file was changed and is not good; the keys from before stay", {{"problem", problem.to_string()}});
  }
  if (reread.config) {
    take(config::reload(config_, *reread.config));
  }
}

void Reloader::note(bool successful) const {
  successful_.set(successful ? 1 : 0);
  if (successful) {
    success_time_.set(std::chrono::duration<double>(system_clock().wall().time_since_epoch()).count());
  }
}

void Reloader::take(config::Reloaded reloaded) {
  const bool other_files = config::key_files(reloaded.config) != config::key_files(config_);
  const bool other_sample = reloaded.config.records.sample != config_.records.sample;
  config_ = std::move(reloaded.config);
  log::set_level(config_.log.level);
  hooks_.reconfigure();
  if (!reloaded.kept.empty()) {
    log::warning("some settings have changed that count only from the next start on: systemctl restart respand",
                 {{"settings", list_of(reloaded.kept)}});
  }
  if (other_sample) {
    say_sampling(config_.records.sample);
  }
  if (other_files) {
    watch_keys();
  }
  log::info("reloaded", {{"destination", target_text(config_)},
                         {"key_from", config_.api.key_origin.to_string()},
                         {"files", list_of(config_.files)},
                         {"changed", list_of(reloaded.taken)}});
}

}  // namespace respand::app
