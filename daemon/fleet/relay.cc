#include "fleet/relay.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fleet/cluster_link.h"
#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::fleet {
namespace {

// How soon a full journal, or a disk that failed at the start, is looked at again.
constexpr Duration kLookAgain = std::chrono::seconds{1};
constexpr Duration kStopLook = std::chrono::milliseconds{20};
// Edges that the status names.
constexpr std::size_t kMostBehind = 20;

}  // namespace

std::string_view name_of(RelayCondition condition) noexcept {
  switch (condition) {
    case RelayCondition::kNone:
      return "none";
    case RelayCondition::kUnreachable:
      return "unreachable";
    case RelayCondition::kCredentials:
      return "credentials";
    case RelayCondition::kNoQuorum:
      return "no_quorum";
    case RelayCondition::kNoConsumer:
      return "no_consumer";
    case RelayCondition::kJournalFull:
      return "journal_full";
    case RelayCondition::kRecovering:
      return "recovering";
  }
  return "none";
}

Relay::Relay(const Settings& settings, journal::JournalWriter& writer, const journal::AttributeScan& history,
             journal::RetentionPin& pin, fs::FileSystem& fs, metrics::Registry& registry, const Clock& clock,
             const MakeNatsClient& make_client)
    : settings_(settings),
      clock_(clock),
      client_(make_client(settings.target, clock, *this)),
      writer_(writer),
      pins_(pin),
      counters_(registry),
      watch_(settings.stream, settings.require, *client_),
      consumer_(settings.stream, settings.consumer, *client_),
      puller_(settings.stream, settings.consumer, *client_),
      peers_(settings.stream, entropy(), settings.use_share, *client_),
      lags_(std::make_shared<LockGuarded<EdgeLags>>()),
      intake_({settings.stream, settings.max_record, settings.folder},
              {writer, history, pins_.second(), *client_, fs, counters_, *lags_, clock}),
      state_(std::make_shared<LockGuarded<RelayState>>()) {
  peers_.configure(settings.rate_limit.shared, settings.rate_limit.limit, clock.mono());
  register_gauges(registry);
  show_edge_lags(registry, lags_, clock);
}

Relay::~Relay() { stop(); }

void Relay::register_gauges(metrics::Registry& registry) const {
  const auto connected = registry.gauge("respand_nats_connected", "1 while there is a connection to a NATS server");
  const auto pending = registry.gauge("respand_nats_pending_messages", "Messages that no relay has got yet");
  const auto ack_pending =
      registry.gauge("respand_nats_ack_pending_messages", "Messages that relays have got and not acknowledged");
  const auto relays = registry.gauge(
      "respand_nats_relays",
      "Relays that share delivery.rate_limit, as far as this one knows, itself included; 0: none shares");
  const StreamGauges stream(registry);
  registry.on_collect([state = state_, &clock = clock_, stream, connected, pending, ack_pending, relays] {
    state->with([&](const RelayState& now) {
      connected.set(now.connected ? 1 : 0);
      stream.set(now.depth, clock.wall());
      pending.set(static_cast<double>(now.pending));
      ack_pending.set(static_cast<double>(now.ack_pending));
      relays.set(now.share.relays);
    });
  });
}

void Relay::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Relay::begin_stop() {
  stopping_.store(true, std::memory_order_relaxed);
  client_->wake();
}

void Relay::stop() {
  begin_stop();
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void Relay::reconfigure(const nats::Target& target, const SharedLimit& rate_limit) {
  orders_.with([&](Orders& waiting) { waiting = {target, rate_limit}; });
  client_->wake();
}

RelayState Relay::state() const {
  RelayState now = state_->with([](const RelayState& state) { return state; });
  lags_->with([&](EdgeLags& lags) {
    lags.forget(clock_.mono());
    now.edges = lags.size();
    now.furthest_behind = lags.furthest_behind(kMostBehind, clock_.mono());
  });
  return now;
}

void Relay::run(const std::stop_token& stop) {
  name_this_thread("relay");
  const std::stop_callback wake(stop, [this] { client_->wake(); });
  while (!stop.stop_requested()) {
    step();
  }
  peers_.leave();  // delivery has begun its stop before
  const MonoTime until = clock_.mono() + kStopPatience;
  while (!intake_.idle() && clock_.mono() < until) {
    step(std::min(until, clock_.mono() + kStopLook));
  }
  intake_.save_now(clock_.mono());
  client_->poll(clock_.mono(), [] { return false; });  // what was published leaves
}

void Relay::step(MonoTime most) {
  turns_.fetch_add(1, std::memory_order_relaxed);
  take_orders();
  const MonoTime now = clock_.mono();
  recovered_ = recovered_ || intake_.recover(now);
  watch_.step(now);
  consumer_.step(now);
  if (peers_.step(now, consumer_.heard_at())) {
    consumer_.restart();
  }
  MonoTime deadline = std::min({most, watch_.due(), consumer_.due(), peers_.due()});
  if (recovered_) {
    intake_.step(now, consumer_.ack_wait());
    deadline = std::min(deadline, intake_.due());
    if (!stopping_.load(std::memory_order_relaxed)) {
      puller_.ask(intake_.room(), now);
      deadline = std::min(deadline, intake_.room() > 0 ? puller_.due() : now + kLookAgain);
    }
  } else {
    deadline = std::min(deadline, now + kLookAgain);
  }
  tell_state();
  client_->poll(deadline, [] { return true; });
  tell_state();
}

void Relay::take_orders() {
  const Orders orders = orders_.with([](Orders& waiting) { return std::exchange(waiting, {}); });
  if (orders.target) {
    client_->set_target(*orders.target);
  }
  if (orders.rate_limit) {
    peers_.configure(orders.rate_limit->shared, orders.rate_limit->limit, clock_.mono());
  }
}

void Relay::link_changed(nats::Link link) {
  puller_.restart();
  pull_condition_ = RelayCondition::kNone;
  if (link == nats::Link::kUp) {
    watch_.restart();
    consumer_.restart();
    peers_.restart();
  } else {
    intake_.disconnected();
  }
  log_link(client_->state(), link);
}

void Relay::message(const nats::Message& message) {
  const MonoTime now = clock_.mono();
  if (peers_.take(message, now)) {
    return;
  }
  std::string why;
  const Puller::Word word = puller_.read(message, now, why);
  switch (word) {
    case Puller::Word::kMessage:
      pull_condition_ = RelayCondition::kNone;
      if (const auto delivery = nats::read_delivery(message.reply)) {
        intake_.take(message, *delivery, now);
      }
      return;
    case Puller::Word::kNothing:
      pull_condition_ = RelayCondition::kNone;
      return;
    case Puller::Word::kNobody:
    case Puller::Word::kTooMuch:
    case Puller::Word::kRefused:
      if (pull_condition_ == RelayCondition::kNone) {
        log::warning("the NATS stream gives no messages; they are asked for again",
                     {{"stream", settings_.stream}, {"consumer", settings_.consumer}, {"why", why}});
      }
      pull_condition_ = word == Puller::Word::kTooMuch ? RelayCondition::kNoConsumer : RelayCondition::kNoQuorum;
      pull_why_ = std::move(why);
      return;
  }
}

void Relay::reply(const nats::Reply& reply) {
  const MonoTime now = clock_.mono();
  if ((reply.id & StreamWatch::kIdBit) != 0) {
    if (watch_.answered(reply, now)) {
      look_at_requirements();
    }
  } else if ((reply.id & ConsumerWatch::kIdBit) != 0) {
    consumer_.answered(reply, now);
  } else {
    intake_.acknowledged(reply);
  }
}

void Relay::look_at_requirements() {
  std::string unmet = watch_.unmet();
  if (unmet != unmet_ && !unmet.empty()) {
    log::warning("the NATS cluster promises less than nats.require wants: records that edges have settled may be lost",
                 {{"stream", settings_.stream}, {"what", unmet}});
  }
  unmet_ = std::move(unmet);
}

RelayCondition Relay::condition(std::string& why) const {
  const nats::State& link = client_->state();
  if (link.failure == nats::Failure::kCredentials && !(link.link == nats::Link::kUp && peers_.was_denied())) {
    why = link.detail;
    return RelayCondition::kCredentials;
  }
  if (link.link != nats::Link::kUp) {
    why = link.detail;
    return RelayCondition::kUnreachable;
  }
  if (!recovered_) {
    return RelayCondition::kRecovering;
  }
  if (watch_.missing() || !consumer_.wrong().empty()) {
    why = watch_.missing() ? cat("there is no stream ", settings_.stream, ": `respand nats setup --apply` makes it")
                           : cat("consumer ", settings_.consumer, ": ", consumer_.wrong());
    return RelayCondition::kNoConsumer;
  }
  if (!writer_.accepting()) {
    return RelayCondition::kJournalFull;
  }
  why = pull_condition_ == RelayCondition::kNone ? std::string() : pull_why_;
  return pull_condition_;
}

void Relay::tell_state() {
  std::string why;
  const RelayCondition now = condition(why);
  const MessageIntake::Totals& totals = intake_.totals();
  state_->with([&](RelayState& state) {
    show_condition(state, now, std::move(why), clock_);
    show_connection(client_->state(), state);
    state.unmet = unmet_;
    state.held = intake_.held();
    state.records = totals.records;
    state.duplicates = totals.duplicates;
    state.aside = totals.aside;
    state.aside_file = totals.aside_file;
    state.not_known = totals.not_known;
    if (const auto& info = consumer_.info()) {
      state.pending = info->pending;
      state.ack_pending = info->ack_pending;
      state.redelivered = info->redelivered;
    }
    state.depth = watch_.depth();
    state.share = peers_.share();
  });
}

}  // namespace respand::fleet
