// The options of `respand sink`: whatever is accepted is in its range.

#include "respand/base/text.h"
#include "sink/options.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

void check_fail(std::string_view text) {
  const auto rule = sink::parse_fail(text);
  if (!rule) {
    claim(is_utf8(rule.error().message), "a mistake can be shown");
    return;
  }
  claim(rule->probability >= 0 && rule->probability <= 1, "a probability is one");
  const bool status = rule->fault == sink::Fault::kNone;
  claim(!status || (rule->status >= 200 && rule->status <= 599), "a status is one");
  const std::string again = status ? std::to_string(rule->status) : std::string(sink::name_of(rule->fault));
  claim(text.starts_with(again) || text.starts_with('0'), "a rule is what its word says");
  sink::Rules rules;
  rules.fail = {*rule};
  claim(sink::check(rules).has_value(), "one rule fits by itself");
}

void check_delay(std::string_view text) {
  sink::Rules rules;
  if (sink::parse_delay(text, rules)) {
    claim(Duration{0} <= rules.delay_min && rules.delay_min <= rules.delay_max, "a delay has its ends in order");
    const std::string again = cat(to_text(rules.delay_min), "..", to_text(rules.delay_max));
    sink::Rules second;
    claim(sink::parse_delay(again, second).has_value() && second.delay_min == rules.delay_min &&
              second.delay_max == rules.delay_max,
          "a delay written down is the same");
  }
}

void check_limit(const Result<sink::RateLimit>& limit) {
  if (!limit) {
    claim(is_utf8(limit.error().message), "a mistake can be shown");
    return;
  }
  claim(limit->requests > 0 && limit->per > Duration{0}, "a limit allows something");
  const bool bucket = limit->kind == sink::RateLimit::Kind::kTokenBucket;
  claim(!bucket || limit->burst >= 1, "a token bucket holds a request");
  sink::RateLimitCount count(*limit);
  MonoTime now{std::chrono::hours{1}};
  for (int i = 0; i < 3; ++i) {
    const Duration wait = count.wait(now);
    claim(wait >= Duration{0} && (i > 0 || wait == Duration{0}), "the first request is taken");
    now += wait;
    claim(count.wait(now) == Duration{0}, "who waits as long as he is told is taken");
    count.take(now);
  }
}

void check_retry_after(std::string_view text) {
  sink::Rules rules;
  if (const auto read = sink::parse_retry_after(text, rules); !read) {
    claim(is_utf8(read.error().message), "a mistake can be shown");
    return;
  }
  claim(rules.retry_after == 0 || !rules.retry_after_reset, "seconds or reset");
  claim(rules.retry_after == 0 || text.ends_with(std::to_string(rules.retry_after)),
        "the seconds are what stands there");
}

void check_listen(std::string_view text) {
  if (const auto listen = sink::parse_listen(text)) {
    claim(text.ends_with(std::to_string(listen->port)), "a port is what stands there");
    claim(text.find(listen->host) != std::string_view::npos || listen->host == "127.0.0.1", "so is a host");
  }
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  check_fail(block.view());
  check_delay(block.view());
  check_limit(respand::sink::parse_rate(block.view()));
  check_limit(respand::sink::parse_window(block.view(), respand::sink::RateLimit::Kind::kFixedWindow));
  check_limit(respand::sink::parse_window(block.view(), respand::sink::RateLimit::Kind::kSlidingWindow));
  check_retry_after(block.view());
  check_listen(block.view());
  return 0;
}
