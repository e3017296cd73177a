#include "delivery/record_outcomes.h"

#include <utility>

#include "delivery/verdict.h"
#include "respand/base/text.h"

namespace respand::delivery {

RecordOutcomes::RecordOutcomes(const WorkerContext& context, RouteLanes& lanes, Counters& counters,
                               PayloadPool& payloads, const Retry& retry, std::uint64_t seed)
    : journal_(context.journal),
      stuck_(context.stuck),
      give_ups_(context.give_ups),
      clock_(context.clock),
      lanes_(lanes),
      counters_(counters),
      retry_(retry),
      random_(seed),
      refused_(context, counters, payloads) {}

void RecordOutcomes::delivered(const Record& record) {
  delivered_.push_back({record.ref.sequence, record.ref.length});
  RouteLane& route = lanes_.of(record);
  route.refusals.delivered();
  if (route.share != nullptr) {
    route.share->delivered.fetch_add(1, std::memory_order_relaxed);
  }
  stuck_.ended(record);
  if (record.by_hand) {
    give_ups_.ended(record.ref.sequence, GiveUpRequests::End::kDelivered);
  }
  counters_.lag(clock_.wall() - record.ref.received);
}

// max_age limits how long a record is tried, not how long it waits: a record that was never tried is not given up.
void RecordOutcomes::failed(Record record, http::Answer& answer, Envelope envelope, MonoTime now) {
  if (const auto cause = give_up_cause(record, answer)) {
    refuse(std::move(record), *cause, answer, std::move(envelope));
    return;
  }
  note_failure(record, answer);
  if (is_too_many(answer)) {
    retry_rate_limited(std::move(record), now);
  } else {
    schedule_retry(std::move(record), now);
  }
}

void RecordOutcomes::upstream_wrong(Record record, http::Answer& answer, Envelope envelope, MonoTime now) {
  if (record.by_hand) {
    refuse(std::move(record), DeadLetterCause::kByHand, answer, std::move(envelope));
    return;
  }
  counters_.retry(answer);
  schedule_retry(std::move(record), now);
}

void RecordOutcomes::refuse(Record record, DeadLetterCause cause, http::Answer& answer, Envelope envelope) {
  const std::string_view key = lanes_.of(record).key();
  refused_.add(std::move(record), cause, key, answer, std::move(envelope));
}

void RecordOutcomes::unreadable(Record record, const Error& error, MonoTime now) {
  if (is_lost(record, error, now)) {
    return;
  }
  if (unreadable_throttle_.open(now)) {
    log::error("a record can't be read and is tried again later", {{"sequence", record.ref.sequence.value},
                                                                   {"why", error.message},
                                                                   {"held_back", unreadable_throttle_.held_back()}});
  }
  ++record.attempts;  // It backs off like one that was sent.
  stuck_.failed(record, "unreadable", clock_.wall());
  schedule_retry(std::move(record), now);
}

// True where a record that could not be read is lost, which is then counted.
bool RecordOutcomes::is_lost(Record& record, const Error& error, MonoTime now) {
  if (error.code == ErrorCode::kNotFound) {
    stuck_.ended(record);
    return true;
  }
  if (error.code == ErrorCode::kCorrupt) {
    stuck_.ended(record);
    journal_.lost(record.ref, error.message);
    return true;
  }
  record.unread_since = record.unread == 0 ? now : record.unread_since;
  if (++record.unread < kReadPatience || now - record.unread_since < kReadGrace ||
      !journal_.rest_is_readable(record.ref)) {
    return false;
  }
  stuck_.ended(record);
  journal_.lost(record.ref, cat("it could not be read ", record.unread, " times: ", error.message));
  return true;
}

bool RecordOutcomes::expired(const Record& record) const {
  const Duration max_age = retry_.max_age;
  return max_age > Duration{0} && clock_.wall() - record.ref.received > max_age;
}

std::optional<DeadLetterCause> RecordOutcomes::give_up_cause(const Record& record, const http::Answer& answer) const {
  if (record.by_hand) {
    return DeadLetterCause::kByHand;
  }
  if (expired(record)) {
    return DeadLetterCause::kExpired;
  }
  const bool exhausted = !is_too_many(answer) && retry_.max_attempts > 0 && record.attempts >= retry_.max_attempts;
  return exhausted ? std::optional(DeadLetterCause::kExhausted) : std::nullopt;
}

void RecordOutcomes::note_failure(Record& record, const http::Answer& answer) {
  counters_.retry(answer);
  stuck_.failed(record, code_of(answer), clock_.wall());
}

void RecordOutcomes::schedule_retry(Record record, MonoTime now) {
  const std::uint32_t step = record.attempts - 1;
  record.fresh = record.fresh && record.attempts < kFreshTries;
  lanes_.add_retry(std::move(record), now + backoff(step));
}

// A 429 is not the record's fault and does not count as an attempt. The gate says when the next request may leave; a
// backoff of the record's own would only delay old records. The jitter keeps records that were refused together from
// coming back together.
void RecordOutcomes::retry_rate_limited(Record record, MonoTime now) {
  --record.attempts;
  lanes_.add_retry(std::move(record), now + backoff(0));
}

void RecordOutcomes::flush(MonoTime now) {
  if (!delivered_.empty()) {
    stuck_.delivered();
    counters_.delivered(journal_.acknowledge(delivered_));
    delivered_.clear();
  }
  if (refused_.empty()) {
    return;
  }
  // Records whose dead letters can't be written are sent, and refused, once more later.
  for (Record& record : refused_.write()) {
    stuck_.failed(record, "dead letters", clock_.wall());
    schedule_retry(std::move(record), now);
  }
}

}  // namespace respand::delivery
