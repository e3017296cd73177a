#include "fleet/journal_feed.h"

#include <algorithm>
#include <utility>

#include "fleet/encoding.h"
#include "fleet/message_builder.h"
#include "fleet/seen_records.h"
#include "respand/base/check.h"
#include "respand/journal/attributes.h"

namespace respand::fleet {

using journal::Batch;

JournalFeed::JournalFeed(journal::JournalWriter& writer, std::function<void()> wake)
    : writer_(writer), wake_(std::move(wake)), ring_(2 * kMostBatches) {}

JournalFeed::~JournalFeed() = default;

bool JournalFeed::append(std::uint64_t journal, std::string_view host, const BatchRecord& record,
                         std::size_t max_record) {
  strip_local(record.attributes, attributes_);
  const std::string origin = StreamOrigin{journal, record.sequence, host}.encode();
  attributes_ += static_cast<char>(journal::Tag::kStreamOrigin);
  put_number(attributes_, static_cast<std::uint16_t>(origin.size()));
  attributes_ += origin;
  if (attributes_.size() > UINT16_MAX || record.payload.size() > max_record) {
    return false;
  }
  const std::size_t needed = Batch::encoded_size(attributes_.size(), record.payload.size());
  if (open_ != nullptr && !open_->fits(attributes_.size(), record.payload.size())) {
    close();
  }
  if (open_ == nullptr) {
    open(std::max(needed, Batch::kUsualCapacity));
  }
  const bool keyed =
      record.route == ApiRoute::kRecords && !journal::find_attribute(attributes_, journal::Tag::kKey).empty();
  char* const out = open_->begin(keyed ? journal::Kind::kKeyed : record.kind, record.received, attributes_,
                                 record.payload.size(), journal::Deliver::kYes, record.route);
  record.payload.copy(out, record.payload.size());
  open_->end(record.payload.size());
  open_flight_.records.emplace_back(journal, record.sequence);
  open_flight_.bytes += record.payload.size();
  claims_[journal].add(record.sequence);
  return true;
}

bool JournalFeed::is_claimed(std::uint64_t journal, Sequence sequence) const {
  const auto found = claims_.find(journal);
  return found != claims_.end() && found->second.contains(sequence);
}

void JournalFeed::open(std::size_t capacity) {
  if (capacity == Batch::kUsualCapacity && spare_ != nullptr) {
    open_ = std::move(spare_);
  } else {
    open_ = std::make_unique<Batch>(*this, capacity);
  }
  open_flight_ = {newest_, open_->capacity(), 0, {}, nullptr};
  bytes_ += open_->capacity();
}

void JournalFeed::close() {
  open_flight_.unoffered = std::move(open_);
  flights_.push_back(std::move(open_flight_));
  ++newest_;
}

// Where the journal's ring is full, the rest follows after the next outcome. The order is kept.
void JournalFeed::flush() {
  if (open_ != nullptr) {
    close();
  }
  for (Flight& flight : flights_) {
    if (flight.unoffered != nullptr && !writer_.offer(flight.unoffered)) {
      return;
    }
  }
}

void JournalFeed::committed(std::unique_ptr<Batch> batch, journal::CommitResult outcome) noexcept {
  Committed committed{std::move(batch), outcome};
  RESPAND_CHECK(ring_.try_push(committed));  // No more batches are on their way than it has places.
  wake_();
}

bool JournalFeed::take(Outcome& out) {
  Committed committed;
  if (!ring_.try_pop(committed)) {
    return false;
  }
  Flight flight = std::move(flights_.front());
  flights_.erase(flights_.begin());
  bytes_ -= flight.capacity;
  out = {flight.number, committed.result,
         Sequence{committed.batch->first_sequence().value + committed.batch->records()}, std::move(flight.records),
         flight.bytes};
  for (const auto& [journal, sequence] : out.records) {
    const auto claim = claims_.find(journal);
    claim->second.remove(sequence);
    if (claim->second.empty()) {
      claims_.erase(claim);
    }
  }
  if (committed.batch->capacity() == Batch::kUsualCapacity) {
    committed.batch->clear();
    spare_ = std::move(committed.batch);
  }
  return true;
}

}  // namespace respand::fleet
