#pragma once
// What an answer means for its record: whose fault each status is, in one table (docs/delivery.md shows the same one),
// and what follows from it. Used by the workers; pure; any thread.

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
  kRecord,    // the record is refused, and would be again: others have nothing to do with it
  kDoubtful,  // the same, as long as other records go through (RefusalRun decides)
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

// Other numbers than 100 to 599 are a broken answer. What the operator says of a status counts before the table.
[[nodiscard]] Fault fault_of(http::Failure failure, int status, const StatusOverrides& overrides = {}) noexcept;
// As above; but a 415 (unsupported media type) to a compressed body is about the compression, not about the record.
[[nodiscard]] Fault fault_of(const http::Answer& answer, const StatusOverrides& overrides = {}) noexcept;

// What follows from a fault for a record alone: a doubtful one is the record's.
[[nodiscard]] Verdict verdict_of(Fault fault) noexcept;

// Why an attempt brought nothing, as a value to act on; describe() has it in words.
struct Cause {
  http::Failure failure = http::Failure::kNone;
  int status = 0;           // where an answer came; 0, and no failure: there is no cause
  bool compressed = false;  // the request's body was
  friend bool operator==(const Cause&, const Cause&) = default;
};
[[nodiscard]] Cause cause_of(const http::Answer& answer) noexcept;
// 415 to a compressed body: it is about the compression, not about the record.
[[nodiscard]] bool is_about_compression(const Cause& cause) noexcept;

// "200", "503", or the failure's name: the label of respand_requests_total{code}.
[[nodiscard]] std::string code_of(http::Failure failure, int status);
[[nodiscard]] inline std::string code_of(const http::Answer& answer) { return code_of(answer.failure, answer.status); }
// One clause for people and logs, bounded and printable: "401: Your API key is invalid", "connect: Connection refused".
[[nodiscard]] std::string describe(const http::Answer& answer);
// 429: it was too much for the API, for the moment; no word against the record or the API's health.
[[nodiscard]] bool is_too_many(const http::Answer& answer) noexcept;
// Whether a failure may say that there was too much at once. A connection that breaks says that there is none.
[[nodiscard]] bool may_be_overload(const http::Answer& answer) noexcept;

}  // namespace respand::delivery
