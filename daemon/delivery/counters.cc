#include "delivery/counters.h"

#include <algorithm>
#include <array>

#include "delivery/verdict.h"

namespace respand::delivery {
namespace {

// Seconds from durable to delivered: from a quiet moment's milliseconds to the days of an outage.
const std::vector<double>& lag_bounds() {
  static const std::vector<double> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,  0.5,   1,     2.5,
                                          5,     10,     30,    60,   300,   900,  3600, 14400, 43200, 86400, 604800};
  return bounds;
}

// Series that exist from the start, with 0. Prometheus' increase() misses the first event of a series that begins with
// it.
constexpr std::array<std::string_view, 17> kUsualReasons = {"400", "406", "409",     "410",       "411",    "412",
                                                            "413", "414", "415",     "416",       "417",    "422",
                                                            "423", "424", "expired", "exhausted", "by_hand"};
constexpr std::array<int, 21> kUsualStatuses = {200, 201, 202, 204, 301, 302, 400, 401, 402, 403, 404,
                                                405, 408, 409, 413, 422, 429, 500, 502, 503, 504};

double seconds(Duration duration) { return std::chrono::duration<double>(std::max(duration, Duration{0})).count(); }

}  // namespace

Counters::Counters(metrics::Registry& registry)
    : registry_(registry),
      delivered_(registry.counter("respand_records_delivered_total", "Records that the API has taken")),
      seconds_(registry.histogram("respand_request_seconds", "Duration of a request to the API, failed ones included",
                                  metrics::latency_bounds())),
      lag_(registry.histogram("respand_delivery_lag_seconds", "Time from receipt of a record to its delivery",
                              lag_bounds())),
      clock_offset_(
          registry.gauge("respand_clock_offset_seconds",
                         "This host's clock less the API's, at least, by the Date of its last answer; 0: they "
                         "agree, or no answer had one")) {
  for (const std::string_view reason : kUsualReasons) {
    static_cast<void>(dead_letters(reason));
  }
  http::Answer answer;
  for (const int status : kUsualStatuses) {
    answer.status = status;
    static_cast<void>(of(answer));
  }
  for (const http::Failure failure : {http::Failure::kConnect, http::Failure::kResolve, http::Failure::kCertificate,
                                      http::Failure::kTimeout, http::Failure::kBroken}) {
    answer.failure = failure;
    static_cast<void>(of(answer));
  }
}

const Counters::StatusCounters& Counters::of(const http::Answer& answer) {
  const int key = answer.failure == http::Failure::kNone ? answer.status : -static_cast<int>(answer.failure);
  const auto found = by_status_.find(key);
  if (found != by_status_.end()) {
    return found->second;
  }
  const std::string label = code_of(answer);
  const StatusCounters made{
      registry_.counter("respand_requests_total", "Requests to the API by status, or by kind of failure",
                        {{"code", label}}),
      registry_.counter("respand_retries_total", "Records put back to be sent again", {{"reason", label}})};
  return by_status_.emplace(key, made).first->second;
}

void Counters::request(const http::Answer& answer) {
  of(answer).requests.add();
  seconds_.observe(seconds(answer.elapsed));
  if (answer.clock_offset) {
    clock_offset_.set(std::chrono::duration<double>(*answer.clock_offset).count());
  }
}

void Counters::retry(const http::Answer& answer) { of(answer).retries.add(); }

void Counters::dead_lettered(std::string_view reason, std::uint64_t records) {
  dead_letters(reason).add(static_cast<double>(records));
}

metrics::Counter Counters::dead_letters(std::string_view reason) {
  return registry_.counter("respand_records_dead_lettered_total", "Records refused for good, by status or reason",
                           {{"reason", reason}});
}

void Counters::lag(Duration lag) { lag_.observe(seconds(lag)); }

}  // namespace respand::delivery
