// Worker, the part that sees a record which was answered, or can't be read, to its end: waiting for a retry for another
// try, among the dead letters, acknowledged. Nothing is acknowledged before it is delivered or its dead letter is
// synced.

#include <algorithm>
#include <utility>

#include "delivery/worker.h"
#include "respand/base/text.h"

namespace respand::delivery {

void Worker::unreadable(Record record, const Error& error, MonoTime now) {
  if (error.code == ErrorCode::kCorrupt) {
    stuck_.ended(record);
    journal_.lost(record.ref, error.message);
    return;
  }
  if (error.code == ErrorCode::kNotFound) {
    stuck_.ended(record);
    return;
  }
  record.unread_since = record.unread == 0 ? now : record.unread_since;
  if (++record.unread >= kReadPatience && now - record.unread_since >= kReadGrace &&
      journal_.rest_is_readable(record.ref)) {
    stuck_.ended(record);
    journal_.lost(record.ref, cat("it could not be read ", record.unread, " times: ", error.message));
    return;
  }
  if (unreadable_gate_.open(now)) {
    log::error(
        "a record can't be read and is tried again later",
        {{"sequence", record.ref.sequence.value}, {"why", error.message}, {"held_back", unreadable_gate_.held_back()}});
  }
  ++record.attempts;  // It backs off like one that was sent.
  stuck_.failed(record, "unreadable", clock_.wall());
  schedule_retry(std::move(record), now);
}

void Worker::delivered(const Record& record) {
  delivered_.push_back({record.ref.sequence, record.ref.length});
  refusals_of(record).delivered();
  if (is_routed(record)) {
    lane_of(record.ref.way).share->delivered.fetch_add(1, std::memory_order_relaxed);
  }
  stuck_.ended(record);
  if (record.by_hand) {
    give_ups_.ended(record.ref.sequence, GiveUpRequests::End::kDelivered);
  }
  counters_.lag(clock_.wall() - record.ref.received);
}

bool Worker::expired(const Record& record) const {
  const Duration max_age = retry_.max_age;
  return max_age > Duration{0} && clock_.wall() - record.ref.received > max_age;
}

std::string_view Worker::given_up(const Record& record, const http::Answer& answer) const {
  const bool exhausted = !is_too_many(answer) && retry_.max_attempts > 0 && record.attempts >= retry_.max_attempts;
  return record.by_hand ? "by_hand" : expired(record) ? "expired" : exhausted ? "exhausted" : "";
}

// max_age bounds the trying, not the waiting: a record that was never tried is not given up.
void Worker::retry_or_give_up(Record record, http::Answer& answer, MonoTime now, Envelope envelope) {
  if (const std::string_view reason = given_up(record, answer); !reason.empty()) {
    refuse(std::move(record), std::string(reason), answer, std::move(envelope));
    return;
  }
  counters_.retry(answer);
  stuck_.failed(record, code_of(answer), clock_.wall());
  if (is_too_many(answer)) {
    retry_refused(std::move(record), now);
  } else {
    schedule_retry(std::move(record), now);
  }
}

void Worker::refuse(Record record, std::string reason, http::Answer& answer, Envelope envelope) {
  const bool answered = answer.failure == http::Failure::kNone;
  letters_.push_back({record.ref.sequence, std::move(reason), answer.status,
                      std::move(answered ? answer.body : answer.detail), record.attempts, std::move(answer.payload),
                      std::move(answer.message), record.ref.route, envelope.protobuf, key_of(record),
                      std::move(envelope.query), std::move(envelope.headers)});
  answer.payload.clear();
  refused_.push_back(std::move(record));
}

void Worker::schedule_retry(Record record, MonoTime now) {
  const std::uint32_t step = record.attempts - 1;
  record.fresh = record.fresh && record.attempts < kFreshTries;
  lane(record).retry_queue.add(std::move(record), now + full_jitter(retry_.initial, retry_.max, step, random_));
}

// Not its fault, and no attempt of its own: the upstream says when the next may leave, and its own backoff would
// only make old records late. Spread, so that not all that were refused together come back together.
void Worker::retry_refused(Record record, MonoTime now) {
  --record.attempts;
  lane(record).retry_queue.add(std::move(record), now + full_jitter(retry_.initial, retry_.max, 0, random_));
}

// What can't be written stays unacknowledged, and is sent and refused again later: its bytes are in the journal only.
void Worker::dead_letter_refused(MonoTime now) {
  const bool written = dead_letters_.append(letters_).has_value();
  for (Record& record : refused_) {
    if (record.by_hand) {
      give_ups_.ended(record.ref.sequence, written ? GiveUpRequests::End::kPutAside : GiveUpRequests::End::kUnwritable);
    }
  }
  if (written) {
    acknowledge_refused();
  } else {
    for (Record& record : refused_) {
      stuck_.failed(record, "dead letters", clock_.wall());
      schedule_retry(std::move(record), now);
    }
  }
  for (DeadLetter& letter : letters_) {
    recycle(std::move(letter.record));
  }
  letters_.clear();
  refused_.clear();
}

void Worker::acknowledge_delivered() {
  if (!delivered_.empty()) {
    stuck_.delivered();
    counters_.delivered(journal_.acknowledge(delivered_));
    delivered_.clear();
  }
}

// One acknowledge for each reason, so that each is counted with what was new about it; nearly always there is one.
void Worker::acknowledge_refused() {
  std::vector<std::size_t> left(letters_.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = i;
  }
  while (!left.empty()) {
    const std::string& reason = letters_[left.front()].reason;
    const auto others =
        std::stable_partition(left.begin(), left.end(), [&](std::size_t i) { return letters_[i].reason == reason; });
    for (auto i = left.begin(); i != others; ++i) {
      stuck_.ended(refused_[*i]);
      dead_lettered_.push_back({refused_[*i].ref.sequence, refused_[*i].ref.length});
    }
    counters_.dead_lettered(reason, journal_.acknowledge(dead_lettered_));
    dead_lettered_.clear();
    left.erase(left.begin(), others);
  }
}

}  // namespace respand::delivery
