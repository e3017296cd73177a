#pragma once
// A line of the dead letters, as DeadLetters writes it, taken apart without a JSON parser: the form is our own. Used by
// DeadLetterStore and the `dead-letters` commands; pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::delivery {

struct DeadLetterLine {
  std::string_view time;    // "2026-11-21T23:40:02.123456Z"
  Sequence sequence;        // in the journal that held the record
  std::string_view reason;  // as reason_of() writes it (dead_letters.h): "422", "expired"
  int status = 0;           // 0: the last attempt brought no answer
  std::string_view answer;  // as a JSON string without its quotes, e.g. {\"detail\":\"no\"}
  std::uint32_t attempts = 0;
  std::string_view route;    // where it was posted; empty: to that of records
  std::string_view key;      // the name of its key in api.keys; empty: the configuration's
  std::string_view query;    // as a JSON string without its quotes: what stood behind its route's question mark
  std::string_view headers;  // the same: the headers that were posted with it, each with its line end
  std::string_view record;   // JSON as it was posted; what is no JSON as {"base64":"…"}
};

// Views into `line`, which is given without its line end. Nothing where it is not a whole line of that form: torn by a
// crash, or somebody else's.
[[nodiscard]] std::optional<DeadLetterLine> parse_letter(std::string_view line);
// The same line with the size of the record, "bytes", in place of the record. Requires: parse_letter() made `letter` of
// `line`.
[[nodiscard]] std::string without_record(const DeadLetterLine& letter, std::string_view line);
// The answer as text: without the escapes that DeadLetters writes.
[[nodiscard]] std::string answer_text(const DeadLetterLine& letter);

}  // namespace respand::delivery
