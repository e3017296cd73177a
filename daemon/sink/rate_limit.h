#pragma once
// What an API allows in a time, as `respand sink` is told (--rate, --window, --sliding-window), and the count of what
// was taken of it. Values and pure functions of the time that is given; one thread.

#include <cstdint>
#include <deque>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::sink {

struct RateLimit {
  enum class Kind : std::uint8_t {
    kTokenBucket,    // `requests` come back in each `per`, evenly; `burst` of them at most wait to be used
    kFixedWindow,    // `requests` in each of the windows of `per` that follow one another from the first request on
    kSlidingWindow,  // `requests` in any time of `per`
  };
  Kind kind = Kind::kFixedWindow;
  double requests = 0;  // over 0; whole for a window
  Duration per{std::chrono::seconds{1}};
  double burst = 0;  // of a token bucket: at least 1
};

// A sliding window remembers when each request was taken, 8 bytes each.
inline constexpr double kMostInSlidingWindow = 1'000'000;

// "300/s:30": a token bucket that fills at 300 a second and holds 30. The time is s, m, h or a duration ("10s").
// Without
// ":BURST": 300 in each second; "300" is the same.
[[nodiscard]] Result<RateLimit> parse_rate(std::string_view text);
// "1000/10s". `kind` is one of the windows.
[[nodiscard]] Result<RateLimit> parse_window(std::string_view text, RateLimit::Kind kind);

// The count of one limit. It is full at the beginning.
class RateLimitCount {
 public:
  explicit RateLimitCount(RateLimit limit) : limit_(limit) {}

  // How long after `now` one more request is taken; 0: now.
  [[nodiscard]] Duration wait(MonoTime now);
  // Requests that would be taken now at once.
  [[nodiscard]] double left(MonoTime now);
  // Until there are more than are left now: a token, or a window's end; 0: nothing was taken.
  [[nodiscard]] Duration until_more(MonoTime now);
  [[nodiscard]] const RateLimit& limit() const { return limit_; }
  // Requires: wait(now) is 0.
  void take(MonoTime now);

 private:
  void advance(MonoTime now);

  RateLimit limit_;
  bool begun_ = false;
  MonoTime at_{};               // bucket: when used_ was true; fixed window: when the current one began
  double used_ = 0;             // bucket: tokens that are missing; fixed window: requests taken in it
  std::deque<MonoTime> taken_;  // sliding window: those in it, oldest first
};

}  // namespace respand::sink
