#include "fleet/edge.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "fleet/cluster_link.h"
#include "fleet/encoding.h"
#include "respand/base/log.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {
namespace {

// While a stop waits for the journal to give out its last references, which makes no event.
constexpr Duration kDrainLook = std::chrono::milliseconds{20};

StreamHistory::Keeps keeps(const KeptMessages::Limits& keep) {
  return keep.keeps() ? StreamHistory::Keeps::kYes : StreamHistory::Keeps::kNo;
}

}  // namespace

std::uint64_t edge_id(std::uint64_t journal, std::string_view host, std::uint64_t inode) {
  std::string bytes;
  put_number(bytes, journal);
  put_number(bytes, inode);
  bytes += host;
  return XXH3_64bits(bytes.data(), bytes.size());
}

Edge::Edge(const Settings& settings, journal::JournalReader& journal, const JournalView& view,
           DeadLetterWriter dead_letter, fs::FileSystem& fs, metrics::Registry& registry, const Clock& clock,
           const MakeNatsClient& make_client)
    : settings_(settings),
      journal_(view),
      clock_(clock),
      client_(make_client(settings.target, clock, *this)),
      bell_([this] { client_->wake(); }),
      counters_(registry),
      history_(view.id, settings.stream, keeps(settings.keep), settings.folder, fs, clock),
      kept_(settings.keep, settings.folder, history_.has_acknowledged(), fs, counters_, clock),
      watch_(settings.stream, settings.require, *client_),
      source_(settings.batch, journal, history_.planned(), view.is_open, clock.mono()),
      builder_({view.id, settings.host, settings.compress}, journal, source_, clock),
      stored_(journal, kept_, counters_),
      publisher_({settings.stream, settings.subject, settings.max_in_flight},
                 {journal, source_, builder_, history_, stored_, watch_, *client_, counters_, clock},
                 std::move(dead_letter), entropy()),
      republisher_({settings.stream, settings.subject, settings.max_in_flight},
                   {kept_, history_, stored_, publisher_.gate(), *client_, counters_, clock}),
      state_(std::make_shared<LockGuarded<EdgeState>>()) {
  journal.add_reader(bell_, bell_);
  register_edge_gauges(registry, state_, clock);
}

Edge::~Edge() { stop(); }

void Edge::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Edge::begin_stop() {
  const auto until = (clock_.mono() + settings_.drain_timeout).time_since_epoch().count();
  auto none = MonoTime::max().time_since_epoch().count();
  if (drain_until_.compare_exchange_strong(none, until)) {
    client_->wake();
  }
}

void Edge::stop() {
  begin_stop();
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void Edge::reconfigure(const nats::Target& target) {
  orders_.with([&](Orders& orders) {
    orders.target = target;
    orders.confirm_loss = true;
  });
  client_->wake();
}

EdgeState Edge::state() const {
  return state_->with([](const EdgeState& state) { return state; });
}

void Edge::run(const std::stop_token& stop) {
  name_this_thread("edge");
  const std::stop_callback wake(stop, [this] { client_->wake(); });
  while (!stop.stop_requested()) {
    step();
  }
  drain();
  stored_.finish();
}

// Nothing comes in any more. What is left goes out until the drain time is over: a pod's disk may vanish. Kept messages
// are not waited for while the cluster is away: on a disk that stays the next start goes on with them.
void Edge::drain() {
  const auto until = [this] { return MonoTime{MonoTime::duration{drain_until_.load()}}; };
  const auto left = [this] {
    return journal_.open_records() > 0 || (republisher_.runs() && may_publish() && publisher_.gate().is_open());
  };
  while (left() && clock_.mono() < until()) {
    step(std::min(until(), clock_.mono() + kDrainLook));
  }
  if (const std::uint64_t records = journal_.open_records(); records > 0) {
    log::warning(
        "delivery.drain_timeout is over: records that are not on the NATS stream stay in the journal for the next "
        "start",
        {{"records", records}});
  }
}

void Edge::step(MonoTime most) {
  turns_.fetch_add(1, std::memory_order_relaxed);
  take_orders();
  static_cast<void>(republisher_.look());
  const MonoTime now = clock_.mono();
  watch_.step(now, history_.mark());
  if (may_publish()) {
    publisher_.publish(now, drain_until_.load() != MonoTime::max().time_since_epoch().count());
    republisher_.publish(now, publisher_.in_flight());
  }
  tell_state();
  MonoTime deadline = std::min(most, watch_.due());
  if (may_publish()) {
    deadline = std::min({deadline, publisher_.due(now), republisher_.due(publisher_.in_flight())});
  }
  client_->poll(deadline, [this] { return may_wait(); });
  bell_.disarm();
  stored_.finish_unless(may_publish() && publisher_.is_urgent(clock_.mono()));
  tell_state();
}

// The bell is armed first and the journal asked after that, so that a record which comes between the two is either seen
// here or rings the bell.
bool Edge::may_wait() {
  if (!may_publish() || !publisher_.takes_more(clock_.mono()) || !source_.awaits_more()) {
    return true;
  }
  bell_.arm();
  return !source_.look();
}

void Edge::take_orders() {
  Orders orders = orders_.with([](Orders& waiting) { return std::exchange(waiting, {}); });
  if (orders.target) {
    client_->set_target(*orders.target);
    publisher_.gate().try_at_once();
    watch_.restart();
  }
  if (orders.confirm_loss) {
    history_.confirm_loss();
  }
}

void Edge::link_changed(nats::Link link) {
  if (link == nats::Link::kUp) {
    watch_.restart();
    publisher_.link_is_up(clock_.mono());
    republisher_.link_is_up(clock_.mono());
  }
  log_link(client_->state(), link);
}

void Edge::reply(const nats::Reply& reply) {
  const MonoTime now = clock_.mono();
  if ((reply.id & StreamWatch::kIdBit) != 0) {
    if (watch_.answered(reply, now)) {
      look_at_stream();
    }
  } else if ((reply.id & Republisher::kIdBit) != 0) {
    republisher_.answered(reply, now);
  } else {
    const std::uint64_t before = stored_.batches();
    publisher_.answered(reply, now);
    if (stored_.batches() != before) {
      watch_.saw_it();
    }
  }
  if (republisher_.look()) {
    watch_.restart();  // so that another loss is told from this one
  }
}

// What was asked before a loss was seen tells nothing of how far relays have come.
void Edge::look_at_stream() {
  history_.look_at(*watch_.info(), watch_.mark());
  if (watch_.mark().losses == history_.mark().losses) {
    kept_.look_at(*watch_.info(), !republisher_.runs() && !history_.must_republish());
  }
  std::string unmet = watch_.unmet();
  if (unmet != unmet_ && !unmet.empty()) {
    log::warning(settings_.strict
                     ? "the NATS cluster promises less than nats.require wants: nothing is published"
                     : "the NATS cluster promises less than nats.require wants: an acknowledged record may "
                       "be lost with it",
                 {{"stream", settings_.stream}, {"what", unmet}});
  }
  unmet_ = std::move(unmet);
}

// Under nats.strict nothing goes out before the stream has said what it is.
bool Edge::may_publish() const {
  return client_->state().link == nats::Link::kUp && (!settings_.strict || (watch_.info() && unmet_.empty()));
}

EdgeCondition Edge::condition(std::string& why) const {
  const nats::State& link = client_->state();
  if (link.failure == nats::Failure::kCredentials) {
    why = link.detail;
    return EdgeCondition::kCredentials;
  }
  if (link.link != nats::Link::kUp) {
    why = link.detail;
    return EdgeCondition::kUnreachable;
  }
  if (settings_.strict && !may_publish()) {
    why = watch_.info() ? unmet_ : std::string("the stream has not said yet what it is (STREAM.INFO)");
    return EdgeCondition::kRequirements;
  }
  const EdgeCondition tried = publisher_.gate().condition();
  const bool nobody = tried == EdgeCondition::kNoQuorum;
  if (watch_.missing() && (nobody || tried == EdgeCondition::kNone)) {
    why = "there is no such stream";
    return EdgeCondition::kNoStream;
  }
  if (nobody && watch_.info() && !nats::takes(watch_.info()->config.subjects, settings_.subject)) {
    why = cat("it has no subject that matches: nobody answers on ", settings_.subject);
    return EdgeCondition::kNoStream;
  }
  why = publisher_.gate().why();
  return tried;
}

void Edge::tell_state() {
  std::string why;
  const EdgeCondition now = condition(why);
  state_->with([&](EdgeState& state) {
    show_condition(state, now, std::move(why), clock_);
    show_connection(client_->state(), state);
    state.unmet = unmet_;
    state.stream_lost = history_.lost();
    state.lost_how = history_.lost_how();
    state.mended = history_.mended();
    state.republishing = republisher_.progress();
    state.kept_bytes = kept_.files().bytes();
    state.not_kept = kept_.refused();
    state.in_flight = publisher_.in_flight();
    state.batches = stored_.batches();
    state.records = stored_.records();
    state.depth = watch_.depth();
  });
}

}  // namespace respand::fleet
