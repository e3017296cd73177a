#pragma once
// Answers as a client would give them, for tests.

#include <optional>
#include <string>
#include <utility>

#include "respand/http/client.h"

namespace respand::delivery {

inline http::Answer status(int code, std::string body = {}, std::optional<Duration> retry_after = std::nullopt) {
  http::Answer answer;
  answer.status = code;
  answer.body = std::move(body);
  answer.retry_after = retry_after;
  return answer;
}

inline http::Answer failed(http::Failure failure) {
  http::Answer answer;
  answer.failure = failure;
  answer.detail = "for a test";
  return answer;
}

}  // namespace respand::delivery
