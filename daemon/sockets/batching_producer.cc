#include "sockets/batching_producer.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace respand::sockets {

using journal::Batch;
using journal::CommitResult;

namespace {

// How many empty batches of the usual size are kept for the next records, and how many of those that have held little.
// At low rates each record has a batch of its own, and several wait for one sync.
constexpr std::size_t kSpareBatches = 4;
constexpr std::size_t kSpareLight = 16;
constexpr std::size_t kLight = 16 * 1024;
// The journal's ring should never refuse a batch, because the producer keeps to its share of it. If it does, it is
// tried again after this time at the latest.
constexpr Duration kOfferRetry = std::chrono::milliseconds{10};

}  // namespace

BatchingProducer::BatchingProducer(net::Loop& loop, const Settings& settings, journal::JournalWriter& intake,
                                   const Clock& clock, std::uint64_t seed)
    : settings_(settings),
      intake_(intake),
      loop_(loop),
      encoder_(settings.encoder, clock, seed),
      ring_(std::bit_ceil(settings.max_batches + 1)),  // one more: admits()
      turn_end_(loop, [this] { flush(); }),
      retry_(loop, [this] { flush(); }),
      acks_(
          loop, settings.settlement, [this] { bell_.ring(); },
          [this] {
            flush();
            rest();
          }) {}

BatchingProducer::~BatchingProducer() = default;

Status BatchingProducer::start() {
  UniqueFd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) {
    return os_error(errno, "make an eventfd");
  }
  const int fd = wake.get();
  wake_ = std::make_unique<net::FdWatcher>(loop_, std::move(wake), [this] { drain(); });
  if (!wake_->ok()) {
    return error(ErrorCode::kIo, "the event loop can't watch an eventfd");
  }
  bell_.wire([fd] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t rung = ::write(fd, &one, sizeof one);  // Fails only if the counter is full already.
  });
  bell_.arm();
  wake_->when_readable();
  return {};
}

// Back-pressure. A record may come in if nobody waits before it, and if the open batch or a new one within the limits
// of batches and bytes has room. A record is always admitted where nothing else is in memory, however large it is.
bool BatchingProducer::admits(const Submitter* client, std::size_t record) const {
  if (waiting_.is_behind(client)) {
    return false;
  }
  // The room is an estimate from the record's size. If the record turns out to need more, it opens one batch more than
  // is counted here.
  if (open_ != nullptr && flights_.size() < settings_.max_batches &&
      open_->fits(0, encode::RecordEncoder::room(record))) {
    return true;
  }
  if (flights_.size() + (open_ != nullptr ? 1 : 0) >= settings_.max_batches || !unoffered_.empty()) {
    return false;
  }
  const std::size_t capacity =
      std::max(Batch::kUsualCapacity, Batch::encoded_size(0, encode::RecordEncoder::room(record)));
  return in_use_ == 0 || in_use_ + capacity <= settings_.max_bytes;
}

void BatchingProducer::wait_for_room(Submitter& client) {
  if (waiting_.add(client)) {
    turn_end_.ask();  // The open batch must leave: its room is what is waited for.
  }
}

BatchingProducer::Submission BatchingProducer::submit(const Origin& origin, std::string_view bytes) {
  if (!accepting()) {
    origin.counters->received.add();
    origin.counters->rejected_full.add();
    return {Submission::Result::kFull};
  }
  if (!admits(origin.client, bytes.size())) {
    return {Submission::Result::kWait};
  }
  record::ParsedRecord parsed =
      is_otlp(origin.route) ? encoder_.check_otlp(bytes, !origin.content_type.empty()) : encoder_.parse(bytes);
  if (!parsed.ok) {
    origin.counters->received.add();
    origin.counters->rejected(parsed.refusal.reason);
    return {Submission::Result::kRefused, false, std::move(parsed.refusal)};
  }
  return {Submission::Result::kTaken, append(origin, bytes, parsed.fields)};
}

// Copies the record into the open batch. Records of one client that follow each other share one PendingAck.
bool BatchingProducer::append(const Origin& origin, std::string_view bytes, const record::RecordFields& fields) {
  const bool routed = origin.route != ApiRoute::kRecords;
  encode::RecordEncoder::Sender sender = origin.sender;
  if (origin.client->user_ != nullptr) {
    sender.uid = origin.client->user_->known_uid();
  }
  const std::string_view key = encoder_.key_for(fields, sender);
  const encode::RecordEncoder::Routed to{origin.route, origin.content_type, origin.query, origin.headers, key};
  const std::size_t room =
      routed ? encoder_.room_routed(bytes, fields, to) : encoder_.prepare(bytes, fields, sender.completed);
  if (open_ == nullptr || !open_->fits(0, room)) {
    close_batch();
    open_batch(room);
  }
  const std::size_t before = open_->size();
  if (routed) {
    encoder_.append_routed(*open_, bytes, fields, to);
  } else {
    encoder_.append(*open_, bytes, fields, "", encode::RecordEncoder::History::kNew, key);
  }
  turn_end_.ask();
  if (origin.client->user_ != nullptr) {
    const std::size_t takes = open_->size() - before;
    origin.client->user_->took_record(takes - std::min(takes, bytes.size()));
  }
  const Submitter* const hears = origin.hears ? origin.client : nullptr;
  if (!open_acks_.empty()) {
    PendingAck& pending = open_acks_.back();
    const bool same = pending.client.get() == hears && pending.counters == origin.counters;
    if (same && (hears == nullptr || origin.line <= pending.last + 1)) {
      ++pending.records;
      pending.last = origin.line;
      return false;
    }
  }
  open_acks_.push_back({origin.hears ? origin.client->shared_from_this() : nullptr, origin.counters, 1, origin.line,
                        origin.line, origin.line - 1});
  return true;
}

void BatchingProducer::complete(const Submitter* client, std::uint64_t line) {
  if (!open_acks_.empty() && open_acks_.back().client.get() == client) {
    open_acks_.back().through = line;
  }
}

void BatchingProducer::open_batch(std::size_t room) {
  const std::size_t needed = Batch::encoded_size(0, room);
  auto& spare = spare_.batches.empty() ? spare_.light : spare_.batches;
  if (needed <= Batch::kUsualCapacity && !spare.empty()) {
    open_ = std::move(spare.back());
    spare.pop_back();
  } else {
    open_ = std::make_unique<Batch>(*this, std::max(needed, Batch::kUsualCapacity));
  }
  in_use_ += open_->capacity();
}

// The batch goes to the journal. It is marked as awaited where a client waits for its answer or for room: the journal
// then syncs at once instead of gathering for journal.sync_delay.
void BatchingProducer::close_batch() {
  if (open_ == nullptr) {
    return;
  }
  open_->set_awaited(!waiting_.empty() ||
                     std::any_of(open_acks_.begin(), open_acks_.end(),
                                 [](const PendingAck& pending) { return pending.client != nullptr; }));
  InFlightBatch flight{std::move(open_acks_), open_->capacity()};
  flights_.push_back(std::move(flight));
  open_acks_.clear();
  if (!spare_.acks.empty()) {
    open_acks_ = std::move(spare_.acks.back());
    spare_.acks.pop_back();
  }
  unoffered_.push_back(std::move(open_));
  offer();
}

void BatchingProducer::offer() {
  while (!unoffered_.empty()) {
    if (!intake_.offer(unoffered_.front())) {
      retry_.set(kOfferRetry);
      return;
    }
    unoffered_.pop_front();
  }
}

// At the end of a turn. While half of the batches are in flight the journal has plenty to do, so an open batch that
// isn't full keeps growing; the next committed() leads back here. Where somebody waits for room it goes at once.
void BatchingProducer::flush() {
  offer();
  const bool busy = flights_.size() >= std::max<std::size_t>(settings_.max_batches / 2, 1);
  const bool allowed = waiting_.empty() ? !busy : flights_.size() < settings_.max_batches;
  if (open_ != nullptr && unoffered_.empty() && allowed) {
    close_batch();
  }
  waiting_.resume();
}

void BatchingProducer::committed(std::unique_ptr<Batch> batch, CommitResult outcome) noexcept {
  CommittedBatch item{std::move(batch), outcome};
  RESPAND_CHECK(ring_.try_push(item));  // The ring has room for all batches that may be in flight.
  bell_.ring();
}

// On the io thread, when the bell has rung. The bell is armed again before the last look into the ring, so that a batch
// which is committed meanwhile is either seen here or rings.
void BatchingProducer::drain() {
  std::uint64_t rings = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_->fd(), &rings, sizeof rings);
  bell_.disarm();
  CommittedBatch item;
  for (;;) {
    while (ring_.try_pop(item)) {
      complete(std::move(item));
    }
    bell_.arm();
    if (!ring_.try_pop(item)) {
      break;
    }
    bell_.disarm();
    complete(std::move(item));
  }
  acks_.release();
  wake_->when_readable();
  acks_.tell();
  flush();
  rest();
}

// Batches come back in the order of offering, so the first in flight is the one. Clients are only noted here; tell()
// calls them when the whole turn's batches are known.
void BatchingProducer::complete(CommittedBatch committed) {
  InFlightBatch flight = std::move(flights_.front());
  flights_.pop_front();
  in_use_ -= flight.capacity;
  std::uint64_t sequence = committed.outcome == CommitResult::kDurable ? committed.batch->first_sequence().value : 0;
  for (PendingAck& pending : flight.marks) {
    pending.sequence = Sequence{std::exchange(sequence, sequence + pending.records)};
    pending.counters->received.add(pending.records);
    switch (committed.outcome) {
      case CommitResult::kDurable:
        break;
      case CommitResult::kFull:
        pending.counters->rejected_full.add(pending.records);
        break;
      case CommitResult::kStopped:
        pending.counters->rejected_stopped.add(pending.records);
        break;
    }
    if (pending.client != nullptr) {
      acks_.committed(std::move(pending), committed.outcome);
    }
  }
  flight.marks.clear();
  if (spare_.acks.size() < kSpareBatches) {
    spare_.acks.push_back(std::move(flight.marks));
  }
  recycle(std::move(committed.batch));
}

void BatchingProducer::recycle(std::unique_ptr<Batch> batch) {
  if (batch == nullptr || batch->capacity() != Batch::kUsualCapacity) {
    return;
  }
  const bool light = batch->touched() <= kLight;
  auto& spare = light ? spare_.light : spare_.batches;
  if (spare.size() < (light ? kSpareLight : kSpareBatches)) {
    batch->clear();
    spare.push_back(std::move(batch));
  }
}

// When nothing is in flight, the memory of a burst is given back, apart from one batch and those with little in use.
void BatchingProducer::rest() {
  if (!idle()) {
    return;
  }
  if (spare_.batches.size() > 1) {
    spare_.batches.resize(1);
  }
  spare_.acks.clear();
  when_idle_();
}

}  // namespace respand::sockets
