#include "delivery/answer_handler.h"

#include <utility>

#include "delivery/partial_success.h"
#include "delivery/request_body.h"
#include "respand/base/text.h"

namespace respand::delivery {

AnswerHandler::AnswerHandler(const WorkerContext& context, RouteLanes& lanes, InFlightTable& in_flight,
                             RecordOutcomes& outcomes, WorkerPermits& permits, PayloadPool& payloads,
                             Counters& counters)
    : stuck_(context.stuck),
      clock_(context.clock),
      lanes_(lanes),
      in_flight_(in_flight),
      outcomes_(outcomes),
      permits_(permits),
      payloads_(payloads),
      counters_(counters),
      tap_(context.tap, lanes),
      batches_(lanes, outcomes, permits, payloads, counters, tap_) {}

void AnswerHandler::handle(http::Answer& answer, MonoTime now) {
  InFlightRequest request = in_flight_.close(answer.id);
  counters_.request(answer);
  if (request.batch.empty()) {
    handle_single(std::move(request), answer, now);
  } else {
    batches_.handle(std::move(request), answer, now);
  }
}

void AnswerHandler::handle_single(InFlightRequest request, http::Answer& answer, MonoTime now) {
  const Record& record = request.record;
  strip_frame(record.ref.route, answer.payload);
  RouteLane& route = lanes_.of(record);
  const Verdict verdict = route.refusals.judge(fault_of(answer, outcomes_.statuses()), answer);
  permits_.answered(route.upstream, request.ticket, verdict, answer, now,
                    stuck_.is_overtaken(record) ? FailureSource::kRecord : FailureSource::kUpstream);
  if (tap_.watched()) {
    show(request, verdict, answer);
  }
  switch (verdict) {
    case Verdict::kDelivered:
      if (is_traces(record.ref.route)) {
        note_partial_success(record, answer, request.envelope.protobuf);
      }
      outcomes_.delivered(record);
      break;
    case Verdict::kTransient:
      outcomes_.failed(std::move(request.record), answer, std::move(request.envelope), now);
      break;
    case Verdict::kUpstreamWrong:
      outcomes_.upstream_wrong(std::move(request.record), answer, std::move(request.envelope), now);
      break;
    case Verdict::kRecordWrong:
      outcomes_.refuse(std::move(request.record), DeadLetterCause::kRefused, answer, std::move(request.envelope));
      break;
  }
  payloads_.recycle(std::move(answer.payload));
}

void AnswerHandler::show(const InFlightRequest& request, Verdict verdict, const http::Answer& answer) {
  const bool given_up = verdict == Verdict::kTransient && outcomes_.give_up_cause(request.record, answer).has_value();
  const TapOutcome outcome = verdict == Verdict::kDelivered                 ? TapOutcome::kDelivered
                             : verdict == Verdict::kRecordWrong || given_up ? TapOutcome::kRefused
                                                                            : TapOutcome::kRetried;
  tap_.show(request.record, outcome, answer,
            request.envelope.protobuf ? std::string_view("null") : std::string_view(answer.payload));
}

// The API has taken the request, so the spans that it rejected are not sent again (OTLP forbids it): they are counted
// and logged.
void AnswerHandler::note_partial_success(const Record& record, const http::Answer& answer, bool protobuf) {
  const std::uint64_t rejected = rejected_spans(answer.body, protobuf);
  if (rejected == 0) {
    return;
  }
  RouteShare& share = *lanes_.of(record).share;
  share.rejected_spans.fetch_add(rejected, std::memory_order_relaxed);
  share.rejected_at.store(clock_.wall().time_since_epoch().count(), std::memory_order_relaxed);
  if (rejected_throttle_.open(clock_.mono())) {
    log::warning("the API has rejected spans of a request that it took: they are lost",
                 {{"route", share.name},
                  {"spans", rejected},
                  {"answer", printable(answer.body, 200)},
                  {"held_back", rejected_throttle_.held_back()}});
  }
}

}  // namespace respand::delivery
