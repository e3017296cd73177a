#include "ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/thread.h"

namespace respand::ledger {

Ledger::Ledger(Settings settings, journal::JournalTailer& tailer, fs::FileSystem& fs, metrics::Registry& registry,
               const Clock& clock)
    : came_to_rest_(std::move(settings.came_to_rest)),
      clock_(clock),
      durable_([this] { sleeper_.wake(); }),
      filled_([this] { sleeper_.wake(); }),
      tail_(tailer, durable_, filled_,
            registry.counter(
                "respand_ledger_missed_records_total",
                "Records that the ledger could not count: their journal segments were given up for room, or were "
                "damaged")),
      file_(std::move(settings.directory), std::move(settings.vfs), fs,
            registry.counter("respand_ledger_set_aside_total", "Broken ledger files that were set aside"),
            settings.host.name),
      repeats_(registry.counter("respand_ledger_repeated_records_total",
                                "Records that came before and are no spend again: costs.deduplicate")),
      usage_metrics_(registry),
      // A budget matches by names, so these are counted under their own, however many names a day has.
      pending_(std::move(settings.dimensions), Budgets::names(settings.budgets), settings.deduplicate, usage_metrics_,
               settings.host),
      spend_(std::move(settings.budgets), registry),
      retention_(settings.retention, settings.deduplicate) {}

Ledger::~Ledger() { stop(); }

void Ledger::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Ledger::run(const std::stop_token& stop) {
  name_this_thread("ledger");
  while (!stop.stop_requested()) {
    const MonoTime next = step();
    if (next <= clock_.mono()) {
      continue;
    }
    // A full segment is read at once, so that the journal can recycle it. A new record ends the wait only where the
    // last commit was kInterval ago or more: else the next one takes it along.
    filled_.arm();
    if (idle_) {
      durable_.arm();
      // A record that came before the bell was armed did not ring.
      if (!tail_.at_end()) {
        durable_.disarm();
        continue;
      }
    }
    sleeper_.wait_until(next);
    filled_.disarm();
    durable_.disarm();
  }
}

void Ledger::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  if (thread_.joinable()) {
    thread_.request_stop();
    sleeper_.wake();
    thread_.join();
    const MonoTime until = clock_.mono() + kInterval;
    do {
      static_cast<void>(step());
    } while (!tail_.at_end() && retry_at_ <= clock_.mono() && clock_.mono() < until);
  }
  file_.close();
}

MonoTime Ledger::step() {
  const MonoTime now = clock_.mono();
  if (now < retry_at_) {
    return retry_at_;
  }
  if (const Status done = turn(); !done) {
    idle_ = false;
    failed(now, done.error());
    return retry_at_;
  }
  status_.set_working();
  return next_turn(now);
}

// When there is something to do again, as far as the ledger can know it.
MonoTime Ledger::next_turn(MonoTime now) {
  if (tail_.more()) {
    return now;
  }
  idle_ = tail_.at_end() && commit_at_ <= now;
  if (!idle_) {
    return std::max(commit_at_, now);
  }
  if (!std::exchange(rested_, true)) {
    came_to_rest_();
  }
  const WallTime wall = clock_.wall();
  const Duration rest_of_hour = time_of(hour_of(wall) + 1) - wall;  // Budgets may begin anew with the hour.
  return std::min(retention_.due_at(), now + rest_of_hour);
}

Status Ledger::turn() {
  file_.close_if_moved();
  if (!file_.is_open()) {
    if (auto opened = open(); !opened) {
      return opened;
    }
  }
  // What a failed commit has left is committed before more is read.
  if (!tail_.uncommitted()) {
    if (auto done = read(); !done) {
      return done;
    }
  }
  if (tail_.uncommitted()) {
    if (auto done = commit(); !done) {
      return done;
    }
  }
  if (auto done = begin_hour(); !done) {
    return done;
  }
  return retention_.step(file_.store(), clock_.wall(), clock_.mono());
}

Status Ledger::open() {
  if (auto opened = file_.open(); !opened) {
    return opened;
  }
  // Everything that was known of the file before is read anew from this one.
  pending_.discard();
  spend_.forget();
  tail_.begin(file_.store().place());
  committed_ = rested_ = false;
  log::info("ledger opened", {{"file", file_.path()}, {"next_sequence", tail_.place().next.value}});
  status_.show(tail_.place().missed, spend_, hour_of(clock_.wall()));
  return {};
}

Status Ledger::read() {
  return tail_.read([this](const journal::TailedRecord& tailed) {
    Status added = pending_.add(tailed, file_.store());
    if (!added) {
      pending_.discard();  // The turn ends with this record, and all of its records come again.
    }
    return added;
  });
}

Status Ledger::commit() {
  if (auto done = file_.store().commit(pending_.rows(), tail_.place(), pending_.identities()); !done) {
    return done;
  }
  tail_.committed();
  usage_metrics_.publish(pending_.rows());
  for (const auto& [key, totals] : pending_.rows()) {
    repeats_.add(static_cast<double>(totals.repeats.value));
  }
  const std::int64_t hour = hour_of(clock_.wall());
  Status spent = spend_.add(pending_.rows(), hour, file_.store());
  pending_.clear();
  if (!std::exchange(committed_, true)) {
    rested_ = false;
  }
  commit_at_ = clock_.mono() + kInterval;
  status_.show(tail_.place().missed, spend_, hour);
  // The rows are committed whatever became of the budgets: they are not to be added again.
  return spent;
}

// Budgets and the tables of the day begin anew, also where nothing is spent.
Status Ledger::begin_hour() {
  const std::int64_t hour = hour_of(clock_.wall());
  if (!spend_.is_new(hour)) {
    return {};
  }
  if (auto begun = spend_.begin_hour(hour, file_.store()); !begun) {
    return begun;
  }
  status_.show(tail_.place().missed, spend_, hour);
  return {};
}

void Ledger::failed(MonoTime now, const Error& why) {
  // Also behind a broken file: a disk that breaks every file is not to be filled with them.
  retry_at_ = now + kRetry;
  if (why.code == ErrorCode::kCorrupt) {
    pending_.discard();
    status_.set_broken(why);
    file_.set_aside(why, clock_.wall());
  } else {
    status_.set_failed(why, now);
  }
}

}  // namespace respand::ledger
