// Sizes, durations, decimals, times, Retry-After and RateLimit: what is accepted has one meaning, which writing it down
// again keeps; nothing out of its range comes through.

#include "http/answer_body.h"
#include "http/rate_limit_headers.h"
#include "http/retry_after.h"
#include "record/moment.h"
#include "respand/base/text.h"
#include "respand/record/decimal.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

void check_sizes(std::string_view text) {
  if (const auto size = parse_bytes(text)) {
    const auto again = parse_bytes(to_text(*size));
    claim(again && *again == *size, "a size written down is the same");
  }
  if (const auto duration = parse_duration(text)) {
    claim(duration->count() >= 0 && *duration <= std::chrono::hours{24 * 36500}, "a duration is in its range");
    const auto again = parse_duration(to_text(*duration));
    claim(again && *again == *duration, "a duration written down is the same");
  }
}

void check_printable(std::string_view text) {
  for (const std::size_t limit : {3UL, 20UL, text.size()}) {
    const std::string shown = printable(text, limit);
    claim(is_utf8(shown) && shown.find_first_of("\n\r\x1b\x7f") == std::string::npos, "printable text is harmless");
    claim(shown.size() <= limit + 3, "and within its limit");
    claim(printable(shown, shown.size()) == shown, "and stays what it is");
  }
}

void check_retry_after(std::string_view text) {
  const WallTime now{std::chrono::seconds{1'764'000'000}};
  const auto header = http::parse_retry_after(text, now);
  const auto member = http::read_answer_body(text, true).retry_after;
  claim(!header || (header->count() >= 0 && *header <= http::kMaxRetryAfter), "nobody silences respand for long");
  claim(!member || (member->count() >= 0 && *member <= http::kMaxRetryAfter), "nobody silences respand for long");
  const bool digits =
      !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits) {
    const Duration asked = std::chrono::seconds{std::stoll(std::string(text))};
    claim(header == std::min<Duration>(asked, http::kMaxRetryAfter), "seconds are seconds");
    const std::string body = cat(R"({"detail":"x","retry_after":)", text, "}");
    const bool json = text.front() != '0' || text.size() == 1;
    claim(http::read_answer_body(body, false).retry_after == (json ? header : std::nullopt), "in a body too");
  }
}

void check_rate_limit_headers(std::string_view text) {
  const WallTime now{std::chrono::seconds{1'764'000'000}};
  http::RateLimitHeaders headers;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    headers.take(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const std::string_view name : {"", "RateLimit: ", "RateLimit-Policy: ", "X-RateLimit-Reset-Requests: "}) {
    headers.take(cat(name, text));
    const http::RateLimitHint said = headers.read(now);
    const auto number = [](const std::optional<double>& value) {
      return !value || (*value >= 0 && *value <= http::RateLimitHeaders::kMaxNumber);
    };
    const auto time = [](const std::optional<Duration>& value) {
      return !value || (value->count() >= 0 && *value <= http::kMaxRetryAfter);
    };
    claim(number(said.limit) && number(said.remaining), "what a header counts has its limits");
    claim(time(said.window) && time(said.reset), "nobody silences respand for long");
    claim(!said.window || said.window->count() > 0, "a window is not empty");
  }
  headers.clear();
  claim(headers.read(now) == http::RateLimitHint{}, "nothing is left of an answer");
}

// A decimal in its only form: digits without zeros at either end, and the power of ten behind them.
struct Canonical {
  std::string digits;
  long exponent = 0;
  friend bool operator==(const Canonical&, const Canonical&) = default;
};

Canonical canonical(std::string digits, long exponent) {
  while (digits.ends_with('0')) {
    digits.pop_back();
    ++exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? Canonical{} : Canonical{digits, exponent};
}

Canonical canonical(std::string_view number) {
  const std::size_t e = number.find_first_of("eE");
  std::string mantissa(number.substr(0, e));
  long exponent = e == std::string_view::npos ? 0 : std::strtol(std::string(number.substr(e + 1)).c_str(), nullptr, 10);
  exponent = std::clamp(exponent, -1'000'000'000L, 1'000'000'000L);
  if (const std::size_t point = mantissa.find('.'); point != std::string::npos) {
    exponent -= static_cast<long>(mantissa.size() - point - 1);
    mantissa.erase(point, 1);
  }
  return canonical(mantissa, exponent);
}

void check_decimal(std::string_view number) {
  const auto value = record::parse_decimal(number);
  const Canonical exact = canonical(number);
  const long top = static_cast<long>(exact.digits.size()) + exact.exponent;  // digits before the point
  const bool exponent_small = number.size() < 40;  // longer ones may be refused although they fit
  if (!value) {
    const bool too_fine = exact.exponent < -record::kMaxScale;
    claim(!exponent_small || number.starts_with('-') || top > 18 || too_fine, "a number that fits is not refused");
    return;
  }
  claim(value->scale >= 0 && value->scale <= record::kMaxScale && top <= 18, "a decimal is in its range");
  std::string digits;
  for (record::Wide rest = value->digits; rest != 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  claim(canonical(digits, -value->scale) == exact, "a decimal is exact");
  std::string out(record::kDecimalSize, '\0');
  out.resize(record::put_decimal(*value, out.data()));
  claim(parse_strictly(out).has_value(), "a decimal is written as JSON");
  claim(exact.digits.size() > record::kSignificant || canonical(out) == exact, "and is the same");
}

void check_times(std::string_view first, std::string_view second) {
  using record::Between;
  record::Decimal seconds;
  const Between forth = record::seconds_between(first, second, seconds);
  const bool none = forth == Between::kKnown && seconds.digits == 0;
  const Between back = record::seconds_between(second, first, seconds);
  claim((forth == Between::kUnknown) == (back == Between::kUnknown), "both are times, or not");
  claim(
      forth != Between::kKnown || (none ? back == Between::kKnown && seconds.digits == 0 : back == Between::kReversed),
      "time goes one way");
  const Between still = record::seconds_between(first, first, seconds);
  claim(still == Between::kUnknown || (still == Between::kKnown && seconds.digits == 0),
        "no time between a moment and itself");
  claim(forth == Between::kUnknown || still == Between::kKnown, "a moment is a moment by itself");
}

// Times as respand writes them, at any distance.
void check_stamps(std::uint64_t seed) {
  SeededRandom random(seed);
  const auto draw = [&] { return static_cast<std::int64_t>(random.below(4'000'000'000'000'000)); };
  const std::int64_t from = draw();
  const std::int64_t to = draw();
  const auto quoted = [](std::int64_t time) { return cat('"', iso8601(WallTime{Duration{time}}), '"'); };
  record::Decimal seconds;
  const bool known = record::seconds_between(quoted(from), quoted(to), seconds) == record::Between::kKnown;
  claim(known == (to >= from), "a stamp is a moment");
  if (known) {
    claim(seconds.digits == static_cast<record::Wide>(to - from) && seconds.scale == 6, "and exact");
  }
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  const std::string_view text = block.view();
  check_sizes(text);
  check_printable(text);
  check_retry_after(text);
  check_rate_limit_headers(text);
  check_stamps(seed_of(text));
  // Two JSON values, a line each: only such reach these functions.
  const std::size_t end = text.find('\n');
  const auto first = parse_strictly(text.substr(0, end));
  const auto second = end == std::string_view::npos ? first : parse_strictly(text.substr(end + 1));
  if (first && second) {
    check_times(first->text, second->text);
    if (first->text.front() == '-' || (first->text.front() >= '0' && first->text.front() <= '9')) {
      check_decimal(first->text);
    }
  }
  return 0;
}
