#include "sink/options.h"

#include <array>
#include <charconv>
#include <utility>

#include "respand/base/text.h"

namespace respand::sink {
namespace {

constexpr std::array kFaults = {Fault::kReset, Fault::kClose, Fault::kHalf, Fault::kHang};

// A week: nobody waits longer for an API, and as a date it still has four digits of a year.
constexpr std::uint32_t kMaxRetryAfter = 7 * 24 * 3600;

template <typename T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string_view name_of(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNone:
      return "none";
    case Fault::kReset:
      return "reset";
    case Fault::kClose:
      return "close";
    case Fault::kHalf:
      return "half";
    case Fault::kHang:
      return "hang";
  }
  return "none";
}

Result<FailRule> parse_fail(std::string_view text) {
  const std::string_view what = text.substr(0, text.find(':'));
  FailRule rule;
  rule.probability = 1;
  if (what.size() < text.size()) {
    // Written so that a NaN is refused as well.
    if (!parse_number(text.substr(what.size() + 1), rule.probability) ||
        !(rule.probability >= 0 && rule.probability <= 1)) {
      return error(ErrorCode::kInvalid, cat("\"", printable(text, 64), "\": the probability must be between 0 and 1"));
    }
  }
  for (const Fault fault : kFaults) {
    if (what == name_of(fault)) {
      rule.fault = fault;
      return rule;
    }
  }
  if (!parse_number(what, rule.status) || rule.status < 200 || rule.status > 599) {
    return error(ErrorCode::kInvalid, cat("\"", printable(text, 64),
                                          "\": expected a status from 200 to 599, reset, close, half or hang, then "
                                          "\":\" and a probability, e.g. 503:0.2"));
  }
  return rule;
}

Result<BatchAnswers> parse_batch(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, BatchAnswers>, 4> kNames{{{"results", BatchAnswers::kResults},
                                                                             {"counts", BatchAnswers::kCounts},
                                                                             {"whole", BatchAnswers::kWhole},
                                                                             {"none", BatchAnswers::kNone}}};
  for (const auto& [name, answers] : kNames) {
    if (text == name) {
      return answers;
    }
  }
  return error(ErrorCode::kInvalid, cat("\"", printable(text, 64), "\": expected results, counts, whole or none"));
}

Status parse_retry_after(std::string_view text, Rules& rules) {
  std::string_view when = text;
  RetryAfterForm form = RetryAfterForm::kUsual;
  if (when.starts_with("date:") || when.starts_with("json:")) {
    form = when.starts_with("date:") ? RetryAfterForm::kDate : RetryAfterForm::kJson;
    when.remove_prefix(5);
  }
  std::uint32_t seconds = 0;
  const bool reset = when == "reset";
  const bool none = text == "none" || text == "0";
  if (!none && !reset && (!parse_number(when, seconds) || seconds == 0 || seconds > kMaxRetryAfter)) {
    return error(ErrorCode::kInvalid,
                 cat("\"", printable(text, 64), "\": expected none, seconds (1 to ", kMaxRetryAfter,
                     ") or reset, the last two also behind date: or json:, e.g. date:5"));
  }
  rules.retry_after = seconds;
  rules.retry_after_reset = reset;
  rules.retry_after_form = form;
  return {};
}

Result<LimitHeaders> parse_limit_headers(std::string_view text) {
  if (text == "none") {
    return LimitHeaders::kNone;
  }
  if (text == "ratelimit") {
    return LimitHeaders::kRateLimit;
  }
  if (text == "x-ratelimit") {
    return LimitHeaders::kXRateLimit;
  }
  return error(ErrorCode::kInvalid, cat("\"", printable(text, 64), "\": expected ratelimit, x-ratelimit or none"));
}

Status parse_delay(std::string_view text, Rules& rules) {
  const std::size_t dots = text.find("..");
  const auto from = parse_duration(text.substr(0, dots));
  const auto to = dots == std::string_view::npos ? from : parse_duration(text.substr(dots + 2));
  if (!from) {
    return from.error();
  }
  if (!to) {
    return to.error();
  }
  if (*from > *to) {
    return error(ErrorCode::kInvalid, cat("\"", printable(text, 64), "\": the first delay is the longer one"));
  }
  rules.delay_min = *from;
  rules.delay_max = *to;
  return {};
}

Status check(const Rules& rules) {
  double sum = 0;
  for (const FailRule& rule : rules.fail) {
    sum += rule.probability;
  }
  if (sum > 1.0 + 1e-9) {
    return error(ErrorCode::kInvalid, "the probabilities of what fails sum up to more than 1");
  }
  return {};
}

Result<Listen> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Listen listen;
  if (colon == std::string_view::npos || colon == 0 || !parse_number(text.substr(colon + 1), listen.port)) {
    return error(ErrorCode::kInvalid, cat("\"", printable(text, 128), "\": expected HOST:PORT, e.g. 127.0.0.1:8127"));
  }
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  listen.host = host == "localhost" ? "127.0.0.1" : host;
  return listen;
}

}  // namespace respand::sink
