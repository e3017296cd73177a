#pragma once
// What an answer means for its record: the contract's table (section 5), in one place. Used by the workers; pure; any
// thread.

#include <cstdint>
#include <string>

#include "respand/http/client.h"

namespace respand::delivery {

enum class Verdict : std::uint8_t {
  kDelivered,         // the API has it
  kTransient,         // nobody's fault: the same record may go through later
  kDestinationWrong,  // the URL, the key or the certificate is wrong, not the record: delivery pauses
  kRecordWrong,       // the record is refused, and would be again: to the dead letters
};

[[nodiscard]] Verdict classify(http::Failure failure, int status) noexcept;
// As above; but a 415 (unsupported media type) to a compressed body is about the compression, not about the record.
[[nodiscard]] Verdict classify(const http::Answer& answer) noexcept;

// "200", "503", or the failure's name: the label of respand_requests_total{code}.
[[nodiscard]] std::string code_of(http::Failure failure, int status);
[[nodiscard]] inline std::string code_of(const http::Answer& answer) { return code_of(answer.failure, answer.status); }
// One clause for people and logs, bounded and printable: "401: Your API key is invalid", "connect: Connection refused".
[[nodiscard]] std::string describe(const http::Answer& answer);

}  // namespace respand::delivery
