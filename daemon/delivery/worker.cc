#include "delivery/worker.h"

#include <algorithm>
#include <utility>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::delivery {

Worker::Worker(const Settings& settings, const WorkerContext& context, std::unique_ptr<http::Client> client,
               std::uint64_t seed)
    : settings_(settings),
      clock_(context.clock),
      client_(std::move(client)),
      before_wait_([this] { return may_wait(); }),
      bell_([this] { client_->wake(); }),
      routed_bell_([this] { client_->wake(); }),
      counters_(context.registry),
      lanes_(context),
      outcomes_(context, lanes_, counters_, payloads_, settings.retry, seed),
      inbox_(*client_, context.batching, lanes_, in_flight_, outcomes_),
      permits_(settings.index, *client_, inbox_),
      sender_(context, *client_, lanes_, in_flight_, payloads_, outcomes_),
      records_(context, settings.max_open, settings.fresh_share, lanes_.records(), in_flight_, permits_, sender_),
      routes_(context, *client_, lanes_, in_flight_, permits_, sender_),
      answer_handler_(context, lanes_, in_flight_, outcomes_, permits_, payloads_, counters_),
      give_ups_(context, lanes_, in_flight_, outcomes_) {
  const auto wake = [this] { client_->wake(); };
  context.upstream.attach(settings_.index, wake);
  if (context.routes != nullptr) {
    context.routes->attach(settings_.index, wake);
  }
  context.journal.add_reader(bell_, routed_bell_);
}

void Worker::run(const std::stop_token& stop) {
  name_this_thread(cat("send-", settings_.index + 1));
  const std::stop_callback wake(stop, [this] { client_->wake(); });
  while (!stop.stop_requested()) {
    step();
  }
  drain();
}

void Worker::drain() {
  drain_until_ = clock_.mono() + settings_.drain_timeout;
  for (const RouteLane& route : lanes_.all()) {
    route.upstream.leave(settings_.index);
  }
  while (in_flight_.requests() > 0 && clock_.mono() < *drain_until_) {
    step();
  }
  if (in_flight_.requests() > 0) {
    log::warning(
        "delivery.drain_timeout is over: requests without an answer are given up, their records stay in the "
        "journal for the next start",
        {{"requests", in_flight_.requests()}});
  }
}

void Worker::step() {
  turns_.fetch_add(1, std::memory_order_relaxed);
  const MonoTime now = clock_.mono();
  give_ups_.step(now);
  const MonoTime deadline = dispatch(now);
  retry_count_.store(lanes_.retries(), std::memory_order_relaxed);
  client_->poll(deadline, before_wait_, answers_);
  if (lanes_.any_awaits_more()) {
    bell_.disarm();
    routed_bell_.disarm();
  }
  handle_answers(clock_.mono());
}

// Begins what may begin now, and returns when to look again if nothing else happens. The two dispatchers take turns in
// going first, because they share the client's room for requests.
MonoTime Worker::dispatch(MonoTime now) {
  if (drain_until_) {
    lanes_.close();
    return *drain_until_;
  }
  routes_first_ = !routes_first_;
  const MonoTime before = routes_first_ ? noted(routes_.dispatch(now)) : kNever;
  const MonoTime records = noted(records_.dispatch(now));
  const MonoTime behind = routes_first_ ? kNever : noted(routes_.dispatch(now));
  return inbox_.take_renewed() ? now : std::min({before, records, behind});
}

// A worker that has used all its permits may have left records in the journal: it wakes the next one.
MonoTime Worker::noted(const DispatchResult& result) {
  if (result.used_all && next_ != nullptr) {
    next_->ring();
  }
  return result.look_again;
}

// Another worker's thread.
void Worker::ring() {
  bell_.ring();
  routed_bell_.ring();
}

// Called right before the client waits. The bells are armed first and the journal asked after that, so that a record
// which comes between the two is either seen here or rings a bell. While the circuit of records is open, they ring
// none.
bool Worker::may_wait() {
  if (!lanes_.any_awaits_more()) {
    return true;
  }
  routed_bell_.arm();
  if (lanes_.records().awaits_more) {
    bell_.arm();
  }
  return routes_.may_wait() && records_.may_wait();
}

// Slots are released only after the flush, when all that was answered is acknowledged or waits for another try.
void Worker::handle_answers(MonoTime now) {
  for (http::Answer& answer : answers_) {
    answer_handler_.handle(answer, now);
  }
  answers_.clear();
  outcomes_.flush(now);
  permits_.release();
  retry_count_.store(lanes_.retries(), std::memory_order_relaxed);
}

}  // namespace respand::delivery
