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
      outlet_(surroundings.outlet),
      destination_(surroundings.destination),
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
    gathering_.emplace(*batching_);
    batch_path_ = batching_->on();
    follow_batching();
  }
  destination_.attach(settings_.index, [this] { client_->wake(); });
  if (routes_ != nullptr) {
    routes_->attach(settings_.index, [this] { client_->wake(); });
    meet_new_ways();
  }
  outlet_.add_reader(bell_);
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
  destination_.leave(settings_.index);
  for (const RouteLane& route : route_lanes_) {
    route.share->destination.leave(settings_.index);
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
  parked_count_.store(parked_now(), std::memory_order_relaxed);
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
  const Grant grant = destination_.admit(settings_.index, now, static_cast<std::uint32_t>(room));
  read_inbox(now);  // After the grant: one that was given because the target is new must not go to the old one.
  return grant.places == 0 ? grant.look_again : use(grant, now);
}

MonoTime Worker::use(const Grant& grant, MonoTime now) {
  std::uint32_t used = 0;
  Next next = Next::kStarted;
  while (used < grant.places && (next = start_next(grant, now)) == Next::kStarted) {
    ++used;
  }
  if (used < grant.places) {
    destination_.give_back(settings_.index, grant, grant.places - used);
  }
  switch (next) {
    case Next::kNothing:
      // While records gather the bell stays silent: who comes meanwhile is met when the first of them goes.
      hungry_ = open_records() < settings_.max_open && gathering_due() == kNever;
      return std::min({parking_due(), gathering_due(), half_due()});
    case Next::kNoRoom:
      return kNever;  // Payloads in flight fill the memory: an answer makes room.
    case Next::kStarted:
    case Next::kTaken:
      break;
  }
  if (next_ != nullptr) {
    next_->ring();
  }
  return grant.look_again;
}

Worker::Next Worker::start_next(const Grant& grant, MonoTime now) {
  if (gathering_ && !grant.probing && start_half(*gathering_, ApiRoute::kRecords, grant, now)) {
    return Next::kStarted;
  }
  Next next = Next::kTaken;
  while (next == Next::kTaken) {
    next = start_one(grant, now);
  }
  if (next == Next::kNothing && grant.probing && gathering_ &&
      start_half(*gathering_, ApiRoute::kRecords, grant, now)) {
    return Next::kStarted;
  }
  // What has gathered by now goes although it is not full, where its time has come.
  if (next != Next::kStarted && gathering_due() <= now && launch_batch(gathering_->take(), false, grant, now)) {
    return Next::kStarted;
  }
  return next;
}

bool Worker::fits(const journal::Ref& ref, const std::optional<Gathering>& gathering) {
  const Load& kind = load(ref.length);
  const std::uint64_t gathered = gathering && &kind == &others_ ? gathering->bytes() : 0;
  return kind.records == 0 || kind.bytes + gathered + ref.length <= kind.most;
}

Worker::Next Worker::begin(Record record, const Grant& grant, MonoTime now) {
  if (!joins_a_batch(record)) {
    return launch(std::move(record), grant, now) ? Next::kStarted : Next::kTaken;
  }
  Parcel gathered = gathering_->gather(std::move(record), now);
  const bool started = !gathered.empty() && launch_batch(std::move(gathered), false, grant, now);
  return started ? Next::kStarted : Next::kTaken;
}

// False where the record can't be read; it has then been dealt with.
bool Worker::launch(Record record, const Grant& grant, MonoTime now) {
  std::string payload = spare_payload();
  if (const Status read = outlet_.read(record.ref, payload); !read) {
    unreadable(std::move(record), read.error(), now);
    return false;
  }
  record.unread = 0;
  ++record.attempts;
  const std::uint64_t bytes = record.ref.length;
  client_->start(open_flight({.record = std::move(record), .bytes = bytes, .epoch = grant.epoch}), std::move(payload));
  return true;
}

// The id of its request.
std::uint32_t Worker::open_flight(Flight flight) {
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
void Worker::follow_batching() { others_.most = std::max(kMaxOtherBytes, 2 * batching_->configured_bytes()); }

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
      one.parking.all_due(now);
    }
    for (RouteLane& route : route_lanes_) {
      route.lane.parking.all_due(now);
      if (route.gathering) {
        route.gathering->all_due(now);
      }
    }
    if (gathering_) {
      gathering_->all_due(now);
      follow_batching();
    }
  }
}

void Worker::take_answers(MonoTime now) {
  for (http::Answer& answer : answers_) {
    take_answer(answer, now);
  }
  answers_.clear();
  settle_delivered();
  if (!refused_.empty()) {
    bury_refused(now);
  }
  free_places();
  parked_count_.store(parked_now(), std::memory_order_relaxed);
}

void Worker::judged(Destination& destination, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                    MonoTime now, Suspect suspect) {
  destination.answered(settings_.index, ticket, verdict, answer, now, suspect);
  freed_.emplace_back(&destination, ticket);
}

// Behind the settling: a kill repeats what is not settled, and that is to be no more than may be in flight.
void Worker::free_places() {
  for (auto place = freed_.begin(); place != freed_.end();) {
    Destination* const destination = place->first;
    tickets_.clear();
    for (; place != freed_.end() && place->first == destination; ++place) {
      tickets_.push_back(place->second);
    }
    destination->release(settings_.index, tickets_);
  }
  freed_.clear();
}

void Worker::take_answer(http::Answer& answer, MonoTime now) {
  RESPAND_CHECK(answer.id < flights_.size() && flights_[answer.id].open);
  Flight& flight = flights_[answer.id];
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
  judged(destination_of(record), flight.epoch, verdict, answer, now,
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
    case Verdict::kDestinationWrong:
      if (record.by_hand) {
        refuse(std::move(record), "by_hand", answer, std::move(flight.envelope));
        break;
      }
      counters_.retry(answer);
      park(std::move(record), now);
      break;
    case Verdict::kRecordWrong:
      refuse(std::move(record), code_of(answer), answer, std::move(flight.envelope));
      break;
  }
  recycle(std::move(answer.payload));
}

void Worker::show(const Record& record, Fate fate, const http::Answer& answer, std::string_view payload) {
  if (!tap_checker_) {
    tap_checker_.emplace();
  }
  const std::string key = key_of(record);
  tap_->show({fate, record.ref.sequence, record.attempts, answer, payload, path_of(record.ref.route), key},
             *tap_checker_);
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
