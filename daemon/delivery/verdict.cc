#include "delivery/verdict.h"

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

// Of an answer's body or a failure's detail, in a log line or a status.
constexpr std::size_t kMaxDetail = 200;

Verdict of_status(int status) noexcept {
  switch (status) {
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
      return Verdict::kDestinationWrong;
    case 408:
    case 425:
    case 429:
      return Verdict::kTransient;
    default:
      break;
  }
  switch (status / 100) {
    case 2:
      return Verdict::kDelivered;
    case 3:
      return Verdict::kDestinationWrong;
    case 4:
      return Verdict::kRecordWrong;
    default:
      return Verdict::kTransient;  // 5xx, and numbers that no server should send: a broken answer
  }
}

}  // namespace

Verdict classify(http::Failure failure, int status) noexcept {
  switch (failure) {
    case http::Failure::kNone:
      return of_status(status);
    case http::Failure::kConnect:
    case http::Failure::kTimeout:
    case http::Failure::kBroken:
      return Verdict::kTransient;
    case http::Failure::kResolve:
    case http::Failure::kCertificate:
      return Verdict::kDestinationWrong;
  }
  return Verdict::kTransient;
}

Verdict classify(const http::Answer& answer) noexcept {
  constexpr int kUnsupportedMediaType = 415;
  const bool compression = answer.compressed && answer.failure == http::Failure::kNone;
  return compression && answer.status == kUnsupportedMediaType ? Verdict::kDestinationWrong
                                                               : classify(answer.failure, answer.status);
}

std::string code_of(http::Failure failure, int status) {
  return failure == http::Failure::kNone ? std::to_string(status) : std::string(name_of(failure));
}

std::string describe(const http::Answer& answer) {
  const bool answered = answer.failure == http::Failure::kNone;
  const std::string text = printable(answered ? answer.body : answer.detail, kMaxDetail);
  const std::string_view hint = answer.compressed && answer.status == 415 ? " (api.compression is gzip)" : "";
  return text.empty() ? cat(code_of(answer), hint) : cat(code_of(answer), ": ", text, hint);
}

}  // namespace respand::delivery
