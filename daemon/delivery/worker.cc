#include "delivery/worker.h"

#include <algorithm>
#include <utility>

#include "respand/base/check.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::delivery {
namespace {

// Memory kept for the next payloads: of usual records, not of the 20 MiB one that came by.
constexpr std::size_t kMaxKeptCapacity = 64 * 1024;
constexpr std::size_t kMaxKeptPayloads = 256;

}  // namespace

Worker::Worker(const Settings& settings, const Surroundings& surroundings, std::unique_ptr<http::Client> client,
               std::uint64_t seed)
    : settings_(settings),
      journal_(surroundings.journal),
      upstream_(surroundings.upstream),
      dead_letters_(surroundings.dead_letters),
      refusals_(surroundings.refusals),
      stuck_(surroundings.stuck),
      give_ups_(surroundings.give_ups),
      clock_(surroundings.clock),
      client_(std::move(client)),
      before_wait_([this] { return may_wait(); }),
      bell_([this] { client_->wake(); }),
      retry_(settings.retry),
      random_(seed),
      counters_(surroundings.registry),
      tap_(surroundings.tap),
      routes_(surroundings.routes),
      batching_(surroundings.batching),
      fresh_share_(settings.fresh_share) {
  if (batching_ != nullptr) {
    builder_.emplace(*batching_);
    batch_path_ = batching_->on();
    apply_batching();
  }
  upstream_.attach(settings_.index, [this] { client_->wake(); });
  if (routes_ != nullptr) {
    routes_->attach(settings_.index, [this] { client_->wake(); });
    meet_new_ways();
  }
  journal_.add_reader(bell_);
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
  upstream_.leave(settings_.index);
  for (const RouteLane& route : route_lanes_) {
    route.share->upstream.leave(settings_.index);
  }
  while (in_flight() > 0 && clock_.mono() < *drain_until_) {
    step();
  }
  if (in_flight() > 0) {
    log::warning(
        "delivery.drain_timeout is over: requests without an answer are given up, their records stay in the "
        "journal for the next start",
        {{"requests", in_flight()}});
  }
}

void Worker::step() {
  turns_.fetch_add(1, std::memory_order_relaxed);
  if (const auto asked = give_ups_.next(give_up_seen_)) {
    give_up(*asked, clock_.mono());
  }
  const MonoTime deadline = fill(clock_.mono());
  retry_count_.store(retries_now(), std::memory_order_relaxed);
  client_->poll(deadline, before_wait_, answers_);
  if (hungry_ || routes_are_hungry()) {
    bell_.disarm();
  }
  take_answers(clock_.mono());
}

// Begins what may begin now, and returns when to look again if nothing else happens.
MonoTime Worker::fill(MonoTime now) {
  hungry_ = false;
  if (drain_until_) {
    for (RouteLane& route : route_lanes_) {
      route.hungry = false;
    }
    return *drain_until_;
  }
  routes_first_ = !routes_first_;
  const MonoTime before = routes_first_ ? fill_routes(now) : kNever;
  const MonoTime records = fill_records(now);
  const MonoTime behind = routes_first_ ? kNever : fill_routes(now);
  return std::min({before, records, behind});
}

MonoTime Worker::fill_records(MonoTime now) {
  const std::size_t capacity = client_->capacity();
  const std::size_t room = capacity - std::min(capacity, client_->in_flight());
  if (room == 0) {
    return kNever;  // An answer makes room.
  }
  const Permits permits = upstream_.admit(settings_.index, now, static_cast<std::uint32_t>(room));
  read_inbox(now);  // After the permits: one that was given because the target is new must not go to the old one.
  return permits.slots == 0 ? permits.look_again : use(permits, now);
}

MonoTime Worker::use(const Permits& permits, MonoTime now) {
  std::uint32_t used = 0;
  Next next = Next::kStarted;
  while (used < permits.slots && (next = start_next(permits, now)) == Next::kStarted) {
    ++used;
  }
  if (used < permits.slots) {
    upstream_.give_back(settings_.index, permits, permits.slots - used);
  }
  switch (next) {
    case Next::kNothing:
      // While records gather the bell stays silent: who comes meanwhile is met when the first of them goes.
      hungry_ = open_records() < settings_.max_open && builder_due() == kNever;
      return std::min({retry_due(), builder_due(), half_due()});
    case Next::kNoRoom:
      return kNever;  // Payloads in flight fill the memory: an answer makes room.
    case Next::kStarted:
    case Next::kTaken:
      break;
  }
  if (next_ != nullptr) {
    next_->ring();
  }
  return permits.look_again;
}

Worker::Next Worker::start_next(const Permits& permits, MonoTime now) {
  if (builder_ && !permits.probing && start_half(*builder_, ApiRoute::kRecords, permits, now)) {
    return Next::kStarted;
  }
  Next next = Next::kTaken;
  while (next == Next::kTaken) {
    next = start_one(permits, now);
  }
  if (next == Next::kNothing && permits.probing && builder_ &&
      start_half(*builder_, ApiRoute::kRecords, permits, now)) {
    return Next::kStarted;
  }
  // What has gathered by now goes although it is not full, where its time has come.
  if (next != Next::kStarted && builder_due() <= now && launch_batch(builder_->take(), false, permits, now)) {
    return Next::kStarted;
  }
  return next;
}

bool Worker::fits(const journal::Ref& ref, const std::optional<BatchBuilder>& builder) {
  const Load& kind = load(ref.length);
  const std::uint64_t gathered = builder && &kind == &others_ ? builder->bytes() : 0;
  return kind.records == 0 || kind.bytes + gathered + ref.length <= kind.most;
}

Worker::Next Worker::begin(Record record, const Permits& permits, MonoTime now) {
  if (!joins_a_batch(record)) {
    return launch(std::move(record), permits, now) ? Next::kStarted : Next::kTaken;
  }
  RecordBatch gathered = builder_->gather(std::move(record), now);
  const bool started = !gathered.empty() && launch_batch(std::move(gathered), false, permits, now);
  return started ? Next::kStarted : Next::kTaken;
}

// False where the record can't be read; it has then been dealt with.
bool Worker::launch(Record record, const Permits& permits, MonoTime now) {
  std::string payload = spare_payload();
  if (const Status read = journal_.read(record.ref, payload); !read) {
    unreadable(std::move(record), read.error(), now);
    return false;
  }
  record.unread = 0;
  ++record.attempts;
  const std::uint64_t bytes = record.ref.length;
  client_->start(open_request({.record = std::move(record), .bytes = bytes, .epoch = permits.epoch}),
                 std::move(payload));
  return true;
}

// The id of its request.
std::uint32_t Worker::open_request(InFlightRequest flight) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(flights_.size()));
    flights_.emplace_back();
  }
  const std::uint32_t id = free_.back();
  free_.pop_back();
  Load& kind = load(flight.record.ref.length);
  kind.bytes += flight.bytes;
  kind.records += static_cast<std::uint32_t>(flight.records());
  flying_of(flight.first()) += flight.records();
  flights_[id] = std::move(flight);
  flights_[id].open = true;
  return id;
}

// Right before the client waits: from here on the journal's bell wakes it, and a record that came meanwhile forbids the
// wait.
bool Worker::may_wait() {
  if (!hungry_ && !routes_are_hungry()) {
    return true;
  }
  bell_.arm();
  return routes_may_wait() && !(hungry_ && (take_new(LaneName::kFresh) || take_new(LaneName::kBacklog)));
}

// Room for two batches, however large they may be now.
void Worker::apply_batching() { others_.most = std::max(kMaxOtherBytes, 2 * batching_->configured_bytes()); }

void Worker::set_target(const http::Target& target, const Retry& retry) {
  {
    const MutexLock lock(inbox_mutex_);
    inbox_ = {target, retry};
  }
  client_->wake();
}

void Worker::read_inbox(MonoTime now) {
  std::optional<Orders> orders;
  {
    const MutexLock lock(inbox_mutex_);
    orders = std::exchange(inbox_, std::nullopt);
  }
  if (orders) {
    client_->set_target(orders->target);
    batch_path_ = !orders->target.batch_url.empty();
    retry_ = orders->retry;
    for (Lane& one : lanes_) {
      one.retry_queue.all_due(now);
    }
    for (RouteLane& route : route_lanes_) {
      route.lane.retry_queue.all_due(now);
      if (route.builder) {
        route.builder->all_due(now);
      }
    }
    if (builder_) {
      builder_->all_due(now);
      apply_batching();
    }
  }
}

void Worker::take_answers(MonoTime now) {
  for (http::Answer& answer : answers_) {
    take_answer(answer, now);
  }
  answers_.clear();
  acknowledge_delivered();
  if (!refused_.empty()) {
    dead_letter_refused(now);
  }
  free_slots();
  retry_count_.store(retries_now(), std::memory_order_relaxed);
}

void Worker::judged(UpstreamGate& upstream, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                    MonoTime now, Suspect suspect) {
  upstream.answered(settings_.index, ticket, verdict, answer, now, suspect);
  freed_.emplace_back(&upstream, ticket);
}

// Behind the acknowledging: a kill repeats what is not acknowledged, and that is to be no more than may be in flight.
void Worker::free_slots() {
  for (auto place = freed_.begin(); place != freed_.end();) {
    UpstreamGate* const upstream = place->first;
    tickets_.clear();
    for (; place != freed_.end() && place->first == upstream; ++place) {
      tickets_.push_back(place->second);
    }
    upstream->release(settings_.index, tickets_);
  }
  freed_.clear();
}

void Worker::take_answer(http::Answer& answer, MonoTime now) {
  RESPAND_CHECK(answer.id < flights_.size() && flights_[answer.id].open);
  InFlightRequest& flight = flights_[answer.id];
  flight.open = false;
  free_.push_back(static_cast<std::uint32_t>(answer.id));
  Load& kind = load(flight.record.ref.length);
  kind.bytes -= flight.bytes;
  kind.records -= static_cast<std::uint32_t>(flight.records());
  flying_of(flight.first()) -= flight.records();
  counters_.request(answer);
  if (!flight.batch.empty()) {
    take_batch_answer(std::move(flight), answer, now);
    return;
  }
  Record record = std::move(flight.record);
  unwrap(record, answer.payload);
  const Verdict verdict = refusals_of(record).judge(fault_of(answer, retry_.statuses), answer);
  judged(upstream_of(record), flight.epoch, verdict, answer, now,
         stuck_.is_overtaken(record) ? Suspect::kRecord : Suspect::kApi);
  if (watched()) {
    const bool refused =
        verdict == Verdict::kRecordWrong || (verdict == Verdict::kTransient && !given_up(record, answer).empty());
    show(record,
         verdict == Verdict::kDelivered ? Fate::kDelivered
         : refused                      ? Fate::kRefused
                                        : Fate::kRetried,
         answer, flight.envelope.protobuf ? std::string_view("null") : std::string_view(answer.payload));
  }
  switch (verdict) {
    case Verdict::kDelivered:
      if (is_traces(record.ref.route)) {
        note_partial_success(record, answer, flight.envelope.protobuf);
      }
      delivered(record);
      break;
    case Verdict::kTransient:
      retry_or_give_up(std::move(record), answer, now, std::move(flight.envelope));
      break;
    case Verdict::kUpstreamWrong:
      if (record.by_hand) {
        refuse(std::move(record), "by_hand", answer, std::move(flight.envelope));
        break;
      }
      counters_.retry(answer);
      schedule_retry(std::move(record), now);
      break;
    case Verdict::kRecordWrong:
      refuse(std::move(record), code_of(answer), answer, std::move(flight.envelope));
      break;
  }
  recycle(std::move(answer.payload));
}

void Worker::show(const Record& record, Fate fate, const http::Answer& answer, std::string_view payload) {
  if (!tap_parser_) {
    tap_parser_.emplace();
  }
  const std::string key = key_of(record);
  tap_->show({fate, record.ref.sequence, record.attempts, answer, payload, path_of(record.ref.route), key},
             *tap_parser_);
}

// Empty, perhaps with memory.
std::string Worker::spare_payload() {
  if (payloads_.empty()) {
    return {};
  }
  std::string payload = std::move(payloads_.back());
  payloads_.pop_back();
  return payload;
}

void Worker::recycle(std::string payload) {
  if (payload.capacity() <= kMaxKeptCapacity && payloads_.size() < kMaxKeptPayloads) {
    payload.clear();
    payloads_.push_back(std::move(payload));
  }
}

}  // namespace respand::delivery
