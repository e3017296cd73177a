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

// The batch path is wrong, not the upstream: what follows, one by one, will tell about that. Spans have no other path.
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

// What the API says of single records is checked record by record; of an array of spans it says nothing one by one.
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

// The results make no sense: each record is sent once more, alone, and from now on there are no batches.
void BatchAnswerHandler::inconsistent(RouteLane& route, RecordBatch records, const http::Answer& answer, MonoTime now) {
  route.batching->fall_back(cat("its results do not fit the batch of ", records.size(), ": ", describe(answer)));
  if (tap_.watched()) {
    tap_.show_retried(records, answer);
  }
  for (Record& record : records) {
    send_alone(std::move(record), answer, now);
  }
}

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

// All together, after one wait: apart they would come back in small batches. A half stays one. A record that has become
// too old, or was tried too often, is tried alone, and given up if that fails too; and one that is overtaken again and
// again goes alone, because the API may fail for one of the batch.
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

// The batch was refused as a whole: the wrong record is in one of its halves. What the API said is about the batch,
// hence no attempt of its records. One may be all that was left of a batch, where others could not be read or are to be
// posted in another way: alone, what is said of it counts.
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

// What the API said is no attempt of the records. After a run of refusals has paused delivery, one wrong record in each
// of the batches may be behind it: the probes are then with records alone, and the first good one ends the pause.
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
