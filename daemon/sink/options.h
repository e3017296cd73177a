#pragma once
// How a sink behaves: values that `respand sink` reads from its command line and that tests set themselves. Values and
// pure functions; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "sink/rate_limit.h"

namespace respand::sink {

// What the sink does to a request in place of an answer.
enum class Fault : std::uint8_t {
  kNone,
  kReset,  // the connection is reset; the record is not taken
  kClose,  // the connection is closed in silence; the record is not taken
  kHalf,   // the record is taken, half the answer sent, the connection closed: a retry makes a duplicate
  kHang,   // no answer, until the client goes away; the record is not taken
};
[[nodiscard]] std::string_view name_of(Fault fault) noexcept;

struct FailRule {
  Fault fault = Fault::kNone;
  int status = 0;          // where fault is kNone: 200 to 599; a 2xx takes the record
  double probability = 0;  // 0 to 1
};

// How a request to a batch path is answered.
enum class BatchAnswers : std::uint8_t {
  kResults,  // {"results":[{"id":…,"status":"success"},…]}, one for each record
  kCounts,   // {"success_count":…,"error_count":…,"errors":[{"index":…,"error":…}],…}
  kWhole,    // as a single post: all of it is taken, or all of it refused for one bad record
  kNone,     // 404: there is no such path
};

// How a 429 or 503 tells when to come back.
enum class RetryAfterForm : std::uint8_t {
  kUsual,  // the header Retry-After in seconds; a 429 says it in its body too
  kDate,   // the header as a date
  kJson,   // retry_after in a 429's body, and no header
};

// What the headers of each answer tell of the limit of which the least is left.
enum class LimitHeaders : std::uint8_t {
  kNone,
  kRateLimit,   // RateLimit and RateLimit-Policy (IETF draft)
  kXRateLimit,  // X-RateLimit-Limit, -Remaining, -Reset: not in which time
};

// May change while the sink runs.
struct Rules {
  std::vector<FailRule> fail = {};  // one draw a request decides among them; their probabilities sum up to 1 at most
  Duration delay_min{0};            // before each answer, uniform between the two
  Duration delay_max{0};
  bool close = false;              // each answer says Connection: close
  std::uint32_t retry_after = 0;   // seconds, told with each 429 and 503; 0: not told
  bool retry_after_reset = false;  // told are, in place of them, the seconds until a request is taken again (1 or more)
  RetryAfterForm retry_after_form = RetryAfterForm::kUsual;
  LimitHeaders limit_headers = LimitHeaders::kNone;
  std::string key = {};     // others get 401; empty: any key, or none
  std::string refuse = {};  // a record that has this text is refused with 422; empty: none is
  std::string poison = {};  // a record that has this text is answered with 500 each time; empty: none is
  BatchAnswers batch = BatchAnswers::kResults;
  std::string unknown_route = {};  // of spans or OTLP, such as "v2/traces": 404, as an older API answers; empty: none
  // More than these get 429, and get it without delay; 0: no limit.
  std::uint32_t concurrency = 0;       // requests at once
  std::vector<RateLimit> limits = {};  // requests in a time; each of them holds
  std::string refuse_key = {};         // this one gets 401; empty: none does
  std::uint32_t rejected_spans = 0;    // each OTLP request in JSON is answered so; 0: nothing is said
};

struct Options {
  std::string listen = "127.0.0.1:8127";  // HOST:PORT, an address or "localhost"; port 0 picks one
  int print_fd = -1;                      // one line a request goes there; borrowed; -1: none
  std::string record_file;                // each record taken is appended as a line; empty: none
  std::uint64_t seed = 0;                 // of the draws; 0: from the kernel
  bool stop_on_signals = false;           // SIGTERM and SIGINT end run()
  Rules rules;
};

// "503:0.2", "reset:0.1", "close:…", "half:…", "hang:…"; without ":P" always.
[[nodiscard]] Result<FailRule> parse_fail(std::string_view text);
// "results", "counts", "whole" or "none".
[[nodiscard]] Result<BatchAnswers> parse_batch(std::string_view text);
// "none", "7", "reset", "date:7", "json:reset" …, into rules.retry_after…
[[nodiscard]] Status parse_retry_after(std::string_view text, Rules& rules);
// "none", "ratelimit" or "x-ratelimit".
[[nodiscard]] Result<LimitHeaders> parse_limit_headers(std::string_view text);
// "50ms" or "20ms..80ms", into rules.delay_min and delay_max.
[[nodiscard]] Status parse_delay(std::string_view text, Rules& rules);
// Whether the probabilities fit together.
[[nodiscard]] Status check(const Rules& rules);

struct Listen {
  std::string host;
  std::uint16_t port = 0;
};
// "127.0.0.1:8127", "[::1]:0", "localhost:8127".
[[nodiscard]] Result<Listen> parse_listen(std::string_view text);

}  // namespace respand::sink
