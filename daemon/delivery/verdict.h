#pragma once
// What an answer means for its record: one table says whose fault each status is (docs/delivery.md shows the same
// table), and from the fault follows the verdict. Used by the workers; pure; any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "delivery/backoff.h"
#include "respand/http/client.h"

namespace respand::delivery {

// What is done with a record after an answer.
enum class Verdict : std::uint8_t {
  kDelivered,      // the API has it
  kTransient,      // tried again later
  kUpstreamWrong,  // delivery pauses; the record is tried again
  kRecordWrong,    // to the dead letters
};

// Whose fault an answer is.
enum class Fault : std::uint8_t {
  kNobody,    // the record was taken
  kRecord,    // the record is refused and would be again; other records are not concerned
  kDoubtful,  // the record's, as long as other records go through (RefusalRun decides)
  kUpstream,  // the URL, the key, the certificate or the way is wrong, not the record
  kMoment,    // the same record may go through later
};
// "record", "upstream" …, as the documentation says it.
[[nodiscard]] std::string_view name_of(Fault fault) noexcept;

// A line of the table: the statuses from `first` to `last`.
struct StatusRow {
  int first = 0;
  int last = 0;
  Fault fault = Fault::kMoment;
  std::string_view why;  // a clause
};
// Every status from 100 to 599 once, in order.
[[nodiscard]] std::span<const StatusRow> status_table() noexcept;

// A status outside of 100 to 599 is a broken answer. The operator's overrides count before the table.
[[nodiscard]] Fault fault_of(http::Failure failure, int status, const StatusOverrides& overrides = {}) noexcept;
// The same; but a 415 (unsupported media type) to a compressed body is about the compression, not about the record.
[[nodiscard]] Fault fault_of(const http::Answer& answer, const StatusOverrides& overrides = {}) noexcept;

// The verdict on a record sent alone. A doubtful fault counts as the record's.
[[nodiscard]] Verdict verdict_of(Fault fault) noexcept;

// Why an attempt did not deliver, as a value to act on; describe() has it in words.
struct Cause {
  http::Failure failure = http::Failure::kNone;
  int status = 0;           // of the answer, if there was one; 0 without a failure: there is no cause
  bool compressed = false;  // the request's body was compressed
  friend bool operator==(const Cause&, const Cause&) = default;
};
[[nodiscard]] Cause cause_of(const http::Answer& answer) noexcept;
// Whether it is a 415 to a compressed body, which is about the compression, not about the record.
[[nodiscard]] bool is_about_compression(const Cause& cause) noexcept;

// "200", "503", or the failure's name: the label of respand_requests_total{code}.
[[nodiscard]] std::string code_of(http::Failure failure, int status);
[[nodiscard]] inline std::string code_of(const http::Answer& answer) { return code_of(answer.failure, answer.status); }
// One clause for people and logs, bounded and printable: "401: Your API key is invalid", "connect: Connection refused".
[[nodiscard]] std::string describe(const http::Answer& answer);
// Whether it is a 429: too many requests for the moment. That says nothing against the record or the API's health.
[[nodiscard]] bool is_too_many(const http::Answer& answer) noexcept;
// Whether a failure may mean that there were too many requests at once: 5xx, 408, a time-out. A connection that can't
// be made or breaks does not.
[[nodiscard]] bool may_be_overload(const http::Answer& answer) noexcept;

}  // namespace respand::delivery
