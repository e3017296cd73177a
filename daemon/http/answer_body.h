#pragma once
// What an API says in the JSON body of a refusal: how long to wait, and what is wrong in its own words. Hostile input:
// read by RapidJSON without recursion, to a depth of kMaxDepth; what is deeper, or no JSON, says nothing. Used by
// Transfer; pure; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http {

struct AnswerBody {
  static constexpr int kMaxDepth = 32;
  // Seconds of the outermost member "retry_after" that is a number, or a number in quotes; at most kMaxRetryAfter.
  std::optional<Duration> retry_after;
  // The outermost text named message, detail, error, msg, title or error_description; empty: none.
  std::string message;
};

// `cut`: there was more of it, which is missing; what was said before counts.
[[nodiscard]] AnswerBody read_answer_body(std::string_view json, bool cut);

}  // namespace respand::http
