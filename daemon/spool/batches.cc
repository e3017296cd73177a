#include "spool/batches.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "spool/limits.h"

namespace respand::spool {

Batches::Batches(journal::JournalWriter& intake, journal::RetentionPin& evidence, Shared& shared)
    : intake_(intake), evidence_(evidence), shared_(shared) {
  // committed() is noexcept and runs on the journal's thread: it must find its memory here already.
  inbox_.with([](auto& inbox) { inbox.reserve(journal::JournalWriter::kMaxOutstanding); });
  committed_.reserve(journal::JournalWriter::kMaxOutstanding);
}

Status Batches::open() {
  wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  return wake_ ? Status() : os_error(errno, "eventfd");
}

void Batches::committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept {
  inbox_.with([&](auto& inbox) { inbox.push_back({std::move(batch), outcome}); });
  (void)::eventfd_write(wake_.get(), 1);
}

bool Batches::has_room() const {
  const std::size_t batches = flights_.size() + refused_.size() + (current_ ? 1 : 0);
  return !journal_stopped_ && refused_.empty() && batches < journal::JournalWriter::kMaxOutstanding &&
         bytes_ < kMaxBytes;
}

journal::Batch& Batches::batch_for(std::size_t attributes, std::size_t room) {
  if (current_ && !current_->batch->fits(attributes, room)) {
    offer(shared_.clock.mono());
  }
  if (!current_) {
    const std::size_t capacity =
        std::max(journal::Batch::kUsualCapacity, journal::Batch::encoded_size(attributes, room));
    current_.emplace(InFlightBatch{.batch = std::make_unique<journal::Batch>(*this, capacity)});
  }
  return *current_->batch;
}

void Batches::note(const Entry& entry, std::size_t size) {
  current_->entries.push_back(entry);
  current_->bytes += size;
  bytes_ += size;
  ++entry.file->uncommitted;
  if (current_->batch->size() >= journal::Batch::kUsualCapacity) {
    offer(shared_.clock.mono());  // The batch is full, be it with one large record.
  }
}

void Batches::offer(MonoTime now) {
  if (current_) {
    InFlightBatch flight = std::move(*current_);
    current_.reset();
    send(std::move(flight), now);
  }
}

// Hands a batch over, and first sees to it that the journal keeps the records in it as evidence: once a batch is
// offered its records may become durable at any time.
void Batches::send(InFlightBatch flight, MonoTime now) {
  if (!holds_) {
    holds_ = true;
    floor_ = evidence_.hold();
    bound_ = std::max(bound_, floor_);
  } else if (flights_.empty()) {
    bound_ =
        std::max(bound_, intake_.durable_end());  // The new batch can only get sequences behind what is durable now.
  }
  flight.batch->set_awaited(false);
  if (intake_.offer(flight.batch)) {
    flights_.push_back(std::move(flight));
  } else {
    refused_.push_back(std::move(flight));
    retry_at_ = now + kRetryInterval;
  }
}

void Batches::offer_refused(MonoTime now) {
  if (refused_.empty() || now < retry_at_ || journal_stopped_) {
    return;
  }
  if (!intake_.accepting()) {
    retry_at_ = now + kRetryInterval;
    return;
  }
  retry_at_ = MonoTime::max();
  std::deque<InFlightBatch> flights;
  flights.swap(refused_);
  for (InFlightBatch& flight : flights) {
    send(std::move(flight), now);
  }
}

void Batches::take_committed(MonoTime now) {
  inbox_.with([this](auto& inbox) { inbox.swap(committed_); });
  for (CommittedBatch& committed : committed_) {
    InFlightBatch flight = std::move(flights_.front());
    flights_.pop_front();
    switch (committed.outcome) {
      case journal::CommitResult::kDurable:
        note_durable(flight, committed.batch->first_sequence());
        break;
      case journal::CommitResult::kStopped:
        journal_stopped_ = true;
        [[fallthrough]];
      case journal::CommitResult::kFull:
        flight.batch = std::move(committed.batch);
        refused_.push_back(std::move(flight));
        retry_at_ = journal_stopped_ ? MonoTime::max() : now + kRetryInterval;
        break;
    }
  }
  committed_.clear();
}

void Batches::note_durable(const InFlightBatch& flight, Sequence first) {
  Sequence sequence = first;
  double bytes = 0;
  for (const Entry& entry : flight.entries) {
    SpoolFile& file = *entry.file;
    file.taken.add(file.taken.version(), entry.ordinal, entry.crc, sequence);
    bytes += entry.size;
    sequence = sequence.next();
    if (--file.uncommitted == 0 && (file.state == SpoolState::kWaiting || file.state == SpoolState::kAgain)) {
      shared_.files.note_done(file);
    }
  }
  bound_ = std::max(bound_, sequence);
  bytes_ -= flight.bytes;
  shared_.counters.received.add(static_cast<double>(flight.entries.size()));
  shared_.counters.bytes.add(bytes);
}

// The journal has to keep records from the lowest one on that belongs to a file not removed for good, or to a batch on
// its way. The sequences of such a batch are not known yet, but none is below bound_.
void Batches::raise_floor() {
  bool needed = !flights_.empty() || !refused_.empty() || current_;
  Sequence floor = needed ? bound_ : std::max(bound_, intake_.durable_end());
  if (const std::optional<Sequence> lowest = shared_.files.lowest_evidence()) {
    needed = true;
    floor = std::min(floor, *lowest);
  }
  if (!needed) {
    give_up_evidence();
  } else if (floor > floor_) {
    floor_ = floor;
    evidence_.keep_from(floor);
  }
}

void Batches::give_up_evidence() {
  if (holds_) {
    holds_ = false;
    evidence_.keep_from(Sequence{~0ULL});
  }
}

}  // namespace respand::spool
