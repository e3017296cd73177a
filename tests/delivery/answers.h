#pragma once
// Answers as a client would give them, for tests.

#include <optional>
#include <string>
#include <utility>

#include "delivery/verdict.h"
#include "respand/http/client.h"

namespace respand::delivery {

inline http::Answer status(int code, std::string body = {}, std::optional<Duration> retry_after = std::nullopt) {
  http::Answer answer;
  answer.status = code;
  answer.body = std::move(body);
  answer.retry_after = retry_after;
  return answer;
}

// The verdict on a record sent alone, without regard to what became of other records.
inline Verdict classify(http::Failure failure, int status) { return verdict_of(fault_of(failure, status)); }
inline Verdict classify(const http::Answer& answer) { return verdict_of(fault_of(answer)); }

inline http::Answer failed(http::Failure failure) {
  http::Answer answer;
  answer.failure = failure;
  answer.detail = "for a test";
  return answer;
}

}  // namespace respand::delivery
