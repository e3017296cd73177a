#pragma once
// What an API says in the JSON body of a refusal: how long to wait, and what is wrong in its own words. The body is
// hostile input: RapidJSON reads it without recursion, to a depth of kMaxDepth. A body that is deeper, or no JSON, says
// nothing. Used by Transfer; pure; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "respand/base/units.h"

namespace respand::http {

struct AnswerBody {
  static constexpr int kMaxDepth = 32;
  // The outermost member "retry_after" that is a number of seconds, or one in quotes; at most kMaxRetryAfter.
  std::optional<Duration> retry_after;
  // The outermost text named message, detail, error, msg, title or error_description; empty: none.
  std::string message;
};

// `cut`: the end of the body is missing; what stands before it counts.
[[nodiscard]] AnswerBody read_answer_body(std::string_view json, bool cut);

}  // namespace respand::http
