#include "delivery/batch_answer_handler.h"

#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "delivery/batch_answer.h"
#include "respand/base/text.h"

namespace respand::delivery {
namespace {

// Whether the answer says that the batch path is wrong. That need not mean that the upstream is: the records, which go
// one by one from now on, will tell. Spans have no other path, so for them it is the upstream.
bool says_no_such_path(const RouteLane& route, Fault fault, const http::Answer& answer) {
  return !is_spans(route.route()) && fault == Fault::kUpstream && answer.failure == http::Failure::kNone &&
         (answer.status == 404 || answer.status == 405);
}

}  // namespace

BatchAnswerHandler::BatchAnswerHandler(RouteLanes& lanes, RecordOutcomes& outcomes, WorkerPermits& permits,
                                       PayloadPool& payloads, Counters& counters, TapFeed& tap)
    : lanes_(lanes), outcomes_(outcomes), permits_(permits), payloads_(payloads), counters_(counters), tap_(tap) {}

void BatchAnswerHandler::handle(InFlightRequest request, http::Answer& answer, MonoTime now) {
  RouteLane& route = lanes_.of(request.first());
  const Fault fault = fault_of(answer, outcomes_.statuses());
  const Verdict verdict = route.refusals.judge(fault, answer);
  // To the gate a missing batch path is no fault of the upstream: it must not pause what goes one by one.
  permits_.answered(route.upstream, request.ticket,
                    says_no_such_path(route, fault, answer) ? Verdict::kRecordWrong : verdict, answer, now,
                    FailureSource::kUpstream);
  if (verdict != Verdict::kDelivered && tap_.watched()) {
    tap_.show_retried(request.batch, answer);
  }
  switch (verdict) {
    case Verdict::kDelivered:
      delivered(route, std::move(request.batch), answer, now);
      break;
    case Verdict::kTransient:
      retry(route, std::move(request), answer, now);
      break;
    case Verdict::kUpstreamWrong:
      upstream_wrong(route, std::move(request), fault, answer, now);
      break;
    case Verdict::kRecordWrong:
      if (answer.status == 413 && request.records() > 1) {
        route.batching->too_large(answer.payload.size());
      }
      bisect(route, std::move(request.batch), answer, now);
      break;
  }
  payloads_.recycle_batch_body(std::move(answer.payload), 2 * route.batching->configured_bytes());
}

// Records that the API's results name as refused are sent again alone; all others are delivered. Answers to arrays of
// spans have no results for single spans.
void BatchAnswerHandler::delivered(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now) {
  const BatchAnswer results =
      is_spans(route.route()) ? BatchAnswer{} : read_batch_answer(answer.body, answer.body_cut, records.size());
  switch (results.coverage) {
    case ResultCoverage::kNone:
    case ResultCoverage::kEach:
      break;
    case ResultCoverage::kInconsistent:
      inconsistent(route, std::move(records), answer, now);
      return;
  }
  const std::vector<std::string_view> payloads =
      tap_.watched() ? records_in(answer.payload) : std::vector<std::string_view>();
  auto refused = results.refused.begin();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool is_refused = refused != results.refused.end() && *refused == i;
    if (i < payloads.size()) {
      tap_.show(records[i], is_refused ? TapOutcome::kRetried : TapOutcome::kDelivered, answer, payloads[i]);
    }
    if (is_refused) {
      ++refused;
      send_alone(std::move(records[i]), answer, now);
    } else {
      outcomes_.delivered(records[i]);
    }
  }
}

// The results do not fit the batch, so nobody knows which records the API has. Each is sent once more, alone, and from
// now on there are no batches.
void BatchAnswerHandler::inconsistent(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now) {
  route.batching->fall_back(cat("its results do not fit the batch of ", records.size(), ": ", describe(answer)));
  if (tap_.watched()) {
    tap_.show_retried(records, answer);
  }
  for (Record& record : records) {
    send_alone(std::move(record), answer, now);
  }
}

// A doubtful refusal may be due to one record of the batch, so each is asked about alone. A missing batch path ends
// batching, and the records go one by one at once. Any other wrong upstream: all wait for another try.
void BatchAnswerHandler::upstream_wrong(RouteLane& route, InFlightRequest request, Fault fault,
                                        const http::Answer& answer, MonoTime now) {
  if (fault == Fault::kDoubtful) {
    send_each_alone(std::move(request.batch), answer, now);
    return;
  }
  if (!says_no_such_path(route, fault, answer)) {
    retry(route, std::move(request), answer, now);
    return;
  }
  route.batching->fall_back(describe(answer));
  for (Record& record : request.batch) {
    counters_.retry(answer);
    lanes_.add_retry(std::move(record), now);
  }
}

// All records wait the same time: with a time each they would come back in small batches. Half of a batch stays
// together. Two kinds go alone from now on: a record that is too old or was tried too often, which is given up if that
// try fails too; and a stuck one, because one record of a batch may be what makes the API fail.
void BatchAnswerHandler::retry(RouteLane& route, InFlightRequest request, const http::Answer& answer, MonoTime now) {
  const bool rate_limited = is_too_many(answer);
  const MonoTime due = now + outcomes_.backoff(rate_limited ? 0 : request.batch.front().attempts - 1);
  RecordBatch half;
  for (Record& record : request.batch) {
    outcomes_.note_failure(record, answer);
    record.alone = outcomes_.give_up_cause(record, answer).has_value() || StuckRecords::is_stuck(record);
    record.attempts -= rate_limited ? 1 : 0;
    if (request.bisected && !record.alone) {
      half.push_back(std::move(record));
    } else {
      lanes_.add_retry(std::move(record), due);
    }
  }
  if (!half.empty()) {
    route.builder->put_half(std::move(half), due);
  }
}

// The batch was refused as a whole, and the wrong record is in one of its halves. The answer is about the batch, so it
// does not count as an attempt of each record. A batch of one remains where the others could not be read or are posted
// in another way: that record is sent alone, and the answer to that counts.
void BatchAnswerHandler::bisect(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now) {
  if (records.size() == 1) {
    send_each_alone(std::move(records), answer, now);
    return;
  }
  for (Record& record : records) {
    counters_.retry(answer);
    --record.attempts;
  }
  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
  route.builder->put_half({std::make_move_iterator(records.begin()), std::make_move_iterator(middle)}, now);
  route.builder->put_half({std::make_move_iterator(middle), std::make_move_iterator(records.end())}, now);
}

// The refusal does not count as an attempt of the records. Where a run of refusals has paused delivery, one wrong
// record in each batch may be the cause: the probes then carry single records, and the first good one ends the pause.
void BatchAnswerHandler::send_each_alone(RecordBatch records, const http::Answer& answer, MonoTime now) {
  for (Record& record : records) {
    --record.attempts;
    send_alone(std::move(record), answer, now);
  }
}

void BatchAnswerHandler::send_alone(Record record, const http::Answer& answer, MonoTime now) {
  counters_.retry(answer);
  record.alone = true;
  lanes_.add_retry(std::move(record), now);
}

}  // namespace respand::delivery
