#include "delivery/delivery.h"

#include <algorithm>
#include <span>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/random.h"

namespace respand::delivery {
namespace {

std::uint32_t workers_of(const Settings& settings) {
  return std::clamp(settings.workers, 1U, UpstreamGate::kMaxWorkers);
}

http::Target without_keys(http::Target target) {
  target.keys.clear();
  return target;
}

std::string key_of(const std::map<std::string, std::string, std::less<>>& keys, const std::string& name) {
  const auto found = keys.find(name);
  return found == keys.end() ? std::string() : found->second;
}

UpstreamGate::Settings upstream_settings(const Settings& settings, const RateLimit& rate) {
  return {workers_of(settings), settings.max_in_flight, rate, settings.retry, entropy()};
}

}  // namespace

Delivery::Delivery(const Settings& settings, journal::JournalReader& journal, fs::FileSystem& fs,
                   metrics::Registry& registry, const Clock& clock, const MakeClient& make_client)
    : clock_(clock),
      journal_(journal),
      workers_count_(workers_of(settings)),
      posts_(settings.posts),
      target_(settings.target),
      upstream_(std::make_shared<UpstreamGate>(
          upstream_settings(settings, {.rate = static_cast<double>(settings.rate_limit)}))),
      pace_file_(settings.pace_file, settings.target.url, fs, clock),
      routes_(std::make_shared<Routes>(upstream_settings(settings, {.rate = static_cast<double>(settings.rate_limit)}),
                                       settings.batch)),
      dead_letters_(settings.dead_letters, fs, clock),
      stuck_(std::make_shared<StuckRecords>()),
      give_ups_(workers_count_),
      batching_(settings.batch, !settings.target.batch_url.empty()),
      rate_{settings.rate_limit, {}},
      tap_(clock) {
  http::Target share = target_;
  share.max_connections = std::max(1U, target_.max_connections / workers_count_);
  for (std::uint32_t index = 0; posts_ && index < workers_count_; ++index) {
    workers_.push_back(
        std::make_unique<Worker>(Worker::Settings{index, std::max<std::size_t>(1, kMaxOpenRecords / workers_count_),
                                                  settings.retry, settings.drain_timeout, settings.fresh_share},
                                 WorkerContext{journal, *upstream_, dead_letters_, refusals_, *stuck_, give_ups_,
                                               registry, clock, &batching_, &tap_, routes_.get()},
                                 make_client(share, clock), entropy()));
  }
  for (std::size_t index = 0; workers_.size() > 1 && index < workers_.size(); ++index) {
    workers_[index]->pass_on_to(*workers_[(index + 1) % workers_.size()]);
  }
  journal.give_fresh(posts_ && settings.fresh_share > 0);
  if (const auto learned = pace_file_.read()) {
    upstream_->begin_with(*learned, clock.mono());
  }
  upstream_->attach_pace_saver([this](const LearnedPace& learned) { pace_file_.write(learned); });
  register_gauges(registry);
}

Delivery::~Delivery() { stop(); }

void Delivery::register_gauges(metrics::Registry& registry) const {
  const auto in_flight = registry.gauge("respand_in_flight", "Requests under way");
  const auto limit = registry.gauge("respand_concurrency_limit", "Requests that may be under way at once now");
  const auto open = registry.gauge("respand_circuit_open",
                                   "1 while the API gets single probes only: it fails, or delivery is paused");
  const auto pace = registry.gauge("respand_pace_requests_per_second",
                                   "Requests a second that the API is known to take (429); 0: it has refused none");
  const auto failing =
      registry.gauge("respand_failure_share", "Of the last requests, those that failed (5xx, 408, time-outs)");
  const auto stuck =
      registry.gauge("respand_records_stuck", "Records that fail again and again while others are delivered");
  registry.on_collect([records = stuck_, stuck] { stuck.set(static_cast<double>(records->state().records)); });
  // Routes and keys come into being while the daemon runs, so their series are made when they are first seen.
  registry.on_collect([routes = routes_, &registry] {
    routes->each([&registry](const RouteShare& share) {
      const Mode mode = share.upstream.state().mode;
      const bool stands = mode == Mode::kOpen || mode == Mode::kPaused || share.keyless.load(std::memory_order_relaxed);
      registry
          .gauge("respand_route_circuit_open",
                 "1 while a route, or a key of api.keys on it, gets single probes only, or none for want of the key",
                 {{"route", name_of(share.way.route)}, {"key", share.way.key}})
          .set(stands ? 1 : 0);
      const std::uint64_t delivered = share.delivered.load(std::memory_order_relaxed);
      registry
          .counter("respand_route_delivered_total",
                   "Delivered to a route other than api.path, or under a key of api.keys",
                   {{"route", name_of(share.way.route)}, {"key", share.way.key}})
          .add(static_cast<double>(delivered - std::exchange(share.told, delivered)));
      if (is_traces(share.way.route)) {
        registry
            .gauge("respand_rejected_spans",
                   "Spans that the API rejected of OTLP requests that it took, since the start",
                   {{"route", name_of(share.way.route)}, {"key", share.way.key}})
            .set(static_cast<double>(share.rejected_spans.load(std::memory_order_relaxed)));
      }
    });
  });
  const auto rate = registry.gauge("respand_rate_limit_requests_per_second",
                                   "Requests a second that delivery.rate_limit allows this process now; 0: no limit");
  registry.on_collect([upstream = upstream_, &clock = clock_, rate] { rate.set(upstream->rate_limit(clock.mono())); });
  registry.on_collect([upstream = upstream_, in_flight, limit, open, pace, failing] {
    const UpstreamGate::State state = upstream->state();
    in_flight.set(state.in_flight);
    limit.set(state.limit);
    pace.set(state.pace);
    failing.set(state.failure_share);
    open.set(state.mode == Mode::kOpen || state.mode == Mode::kPaused ? 1 : 0);
  });
}

void Delivery::start() {
  if (const Status ready = dead_letters_.prepare(); !ready) {
    log::error("no folder for dead letters yet; refused records will stay in the journal",
               {{"why", ready.error().message}});
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker](const std::stop_token& stop) { worker.run(stop); });
  }
}

// All workers are asked first and joined later, so that their drain time-outs run at the same time.
void Delivery::begin_stop() {
  give_ups_.close();
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
}

void Delivery::stop() {
  begin_stop();
  if (threads_.empty()) {
    return;
  }
  threads_.clear();  // joins
  if (const auto learned = upstream_->learned(clock_.mono())) {
    pace_file_.write(*learned);
  }
}

// The gates' limits first, then the workers' targets, then resume(), which opens the gates: a worker that is permitted
// to send because of the reload finds the new target in its inbox.
void Delivery::resume(const Settings& settings) {
  const http::Target& target = settings.target;
  const bool new_target = without_keys(target) != without_keys(target_);
  const auto keys_before = target_.keys;
  target_ = target;
  http::Target share = target;
  share.max_connections = std::max(1U, target.max_connections / workers_count_);
  pace_file_.set_url(target.url);
  dead_letters_.set_most(settings.dead_letters.max_size);
  {
    const MutexLock lock(rate_mutex_);
    rate_.limit = settings.rate_limit;
    const RateLimit own = rate_.own();
    upstream_->reconfigure(settings.max_in_flight, own, settings.retry);
    routes_->reconfigure(upstream_settings(settings, own), settings.batch);
    routes_->each([&](RouteShare& of) { of.upstream.reconfigure(settings.max_in_flight, own, settings.retry); });
  }
  routes_->each([&](RouteShare& of) {
    of.arrays.resume(settings.batch, true);
    of.keyless.store(false, std::memory_order_relaxed);
  });
  journal_.give_fresh(posts_ && settings.fresh_share > 0);
  batching_.resume(settings.batch, !target.batch_url.empty());
  for (const auto& worker : workers_) {
    worker->set_target(share, settings.retry);
    worker->set_fresh_share(settings.fresh_share);
  }
  upstream_->resume(clock_.mono(), new_target);
  routes_->each([&](RouteShare& of) {
    const bool new_key = key_of(keys_before, of.way.key) != key_of(target.keys, of.way.key);
    of.upstream.resume(clock_.mono(), new_target || new_key);
  });
}

void Delivery::set_rate_share(const RateShare& share) {
  const MonoTime now = clock_.mono();
  const MutexLock lock(rate_mutex_);
  rate_.share = share;
  const RateLimit own = rate_.own();
  upstream_->set_rate_limit(own, now);
  routes_->set_rate_limit(own);
  routes_->each([&](RouteShare& of) { of.upstream.set_rate_limit(own, now); });
}

GiveUpRequests::End Delivery::give_up(Sequence sequence, Duration patience) {
  give_ups_.begin(sequence);
  for (const auto& worker : workers_) {
    worker->nudge();
  }
  return give_ups_.wait(patience);
}

Status Delivery::add_dead_letter(DeadLetter letter) { return dead_letters_.append(std::span(&letter, 1)); }

State Delivery::state() const {
  State state{upstream_->state(), dead_letters_.state(), stuck_->state(), 0};
  for (const auto& worker : workers_) {
    state.retrying += worker->retrying();
  }
  routes_->each([&state](const RouteShare& share) {
    UpstreamGate::State of = share.upstream.state();
    const bool keyless = share.keyless.load(std::memory_order_relaxed);
    const std::uint64_t rejected = share.rejected_spans.load(std::memory_order_relaxed);
    if (const auto count = share.delivered.load(std::memory_order_relaxed); count > 0) {
      state.delivered.push_back({share.way, count});
    }
    if (of.mode != Mode::kNormal || keyless || rejected > 0) {
      const WallTime last{WallTime::duration{share.rejected_at.load(std::memory_order_relaxed)}};
      state.routes.push_back({share.way, std::move(of), rejected, last, keyless});
    }
  });
  return state;
}

}  // namespace respand::delivery
