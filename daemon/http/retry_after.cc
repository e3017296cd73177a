#include "http/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "http/header_text.h"
#include "respand/base/trim.h"

namespace respand::http {
namespace {

std::optional<Duration> retry_time(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) {
    return std::nullopt;
  }
  const double most = std::chrono::duration<double>(kMaxRetryAfter).count();
  return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

// The number at the start of a text, and what stands behind it. A number too large for a double counts as
// kMaxRetryAfter.
struct Number {
  double value = 0;
  std::string_view rest;
};

std::optional<Number> leading_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range) {
    value = std::chrono::duration<double>(kMaxRetryAfter).count();
  } else if (failure != std::errc{}) {
    return std::nullopt;
  }
  return Number{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  if (const auto seconds = parse_seconds(value)) {
    return seconds;
  }
  const auto date = parse_date(value);
  return date ? retry_time(std::chrono::duration<double>(*date - now).count()) : std::nullopt;
}

std::optional<Duration> parse_rate_limit_reset(std::string_view value, WallTime now) {
  // The size of the number tells what it is. Below 1e9 it is seconds from now (1e9 are 31 years). From there on it is a
  // time since 1970: below 1e11 in seconds (1e9: September 2001), above in milliseconds (1e11: March 1973).
  constexpr double kFirstTime = 1e9;
  constexpr double kFirstMilliseconds = 1e11;
  const auto number = leading_number(trimmed(value));
  if (!number || !number->rest.empty()) {
    return std::nullopt;
  }
  if (number->value < kFirstTime) {
    return retry_time(number->value);
  }
  const double then = number->value < kFirstMilliseconds ? number->value : number->value / 1000;
  return retry_time(then - std::chrono::duration<double>(now.time_since_epoch()).count());
}

std::optional<Duration> parse_seconds(std::string_view value) {
  const auto number = leading_number(trimmed(value));
  return number && number->rest.empty() ? retry_time(number->value) : std::nullopt;
}

std::optional<WallTime> parse_date(std::string_view value) {
  value = trimmed(value);
  // The longest date of RFC 9110 has 33 characters; curl_getdate() takes looser forms too, and needs an end mark.
  constexpr std::size_t kLongestDate = 64;
  if (value.empty() || value.size() > kLongestDate || (value.front() >= '0' && value.front() <= '9')) {
    return std::nullopt;
  }
  // Later dates are nonsense, and a WallTime does not hold all of them.
  constexpr std::time_t kLast = 253'402'300'799;  // 9999-12-31T23:59:59Z
  const std::time_t date = ::curl_getdate(std::string(value).c_str(), nullptr);
  return date < 0 ? std::nullopt : std::optional(WallTime{std::chrono::seconds{std::min(date, kLast)}});
}

}  // namespace respand::http
