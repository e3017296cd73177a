#include "sink/rate_limit.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "respand/base/text.h"

namespace respand::sink {
namespace {

// Beyond these a limit is none, or a slip of the finger; doubles count them exactly.
constexpr double kMostRequests = 1e9;
constexpr double kFewestRequests = 1e-3;
constexpr Duration kShortest = std::chrono::milliseconds{1};
constexpr Duration kLongest = std::chrono::hours{24};

std::optional<double> number_in(std::string_view text, double least, double most) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  // Written so that a NaN is refused as well.
  const bool good = code == std::errc{} && end == text.data() + text.size() && value >= least && value <= most;
  return good ? std::optional(value) : std::nullopt;
}

std::optional<Duration> time_in(std::string_view text) {
  const bool bare = text == "s" || text == "m" || text == "h";
  const auto time = parse_duration(bare ? cat("1", text) : std::string(text));
  return time && *time >= kShortest && *time <= kLongest ? std::optional(*time) : std::nullopt;
}

Error bad(std::string_view text, std::string_view expected) {
  return error(ErrorCode::kInvalid, cat("\"", printable(text, 64), "\": expected ", expected));
}

}  // namespace

Result<RateLimit> parse_rate(std::string_view text) {
  static constexpr std::string_view kExpected =
      "requests, \"/\", a time (s, m, h or one like 10s) and, for a token bucket, \":\" and its burst (1 or more), "
      "e.g. "
      "300/s:30";
  const std::size_t slash = text.find('/');
  const std::size_t colon = text.find(':');
  const std::string_view requests = text.substr(0, std::min(slash, colon));
  RateLimit limit;
  if (colon == std::string_view::npos) {
    limit.kind = RateLimit::Kind::kFixedWindow;
  } else {
    limit.kind = RateLimit::Kind::kTokenBucket;
    const auto burst = number_in(text.substr(colon + 1), 1, kMostRequests);
    if (!burst || slash == std::string_view::npos || slash > colon) {
      return bad(text, kExpected);
    }
    limit.burst = *burst;
  }
  if (slash != std::string_view::npos) {
    const auto per = time_in(text.substr(slash + 1, colon == std::string_view::npos ? colon : colon - slash - 1));
    if (!per) {
      return bad(text, kExpected);
    }
    limit.per = *per;
  }
  const auto count = number_in(requests, kFewestRequests, kMostRequests);
  if (!count || (limit.kind == RateLimit::Kind::kFixedWindow && *count != std::floor(*count))) {
    return bad(text, kExpected);
  }
  limit.requests = *count;
  return limit;
}

Result<RateLimit> parse_window(std::string_view text, RateLimit::Kind kind) {
  const bool sliding = kind == RateLimit::Kind::kSlidingWindow;
  const std::size_t slash = text.find('/');
  const auto count = number_in(text.substr(0, slash), 1, sliding ? kMostInSlidingWindow : kMostRequests);
  const auto per = slash == std::string_view::npos ? std::nullopt : time_in(text.substr(slash + 1));
  if (!count || *count != std::floor(*count) || !per) {
    return bad(text, sliding ? "requests (1 to 1000000), \"/\" and the window's length, e.g. 1000/10s"
                             : "requests, \"/\" and the window's length, e.g. 1000/10s");
  }
  return RateLimit{.kind = kind, .requests = *count, .per = *per};
}

void RateLimitCount::advance(MonoTime now) {
  if (!begun_) {
    begun_ = true;
    at_ = now;
  }
  switch (limit_.kind) {
    case RateLimit::Kind::kTokenBucket: {
      const double back = std::chrono::duration<double>(now - at_) / std::chrono::duration<double>(limit_.per);
      used_ = std::max(0.0, used_ - back * limit_.requests);
      at_ = now;
      return;
    }
    case RateLimit::Kind::kFixedWindow:
      if (now - at_ >= limit_.per) {
        at_ += limit_.per * ((now - at_) / limit_.per);
        used_ = 0;
      }
      return;
    case RateLimit::Kind::kSlidingWindow:
      while (!taken_.empty() && now - taken_.front() >= limit_.per) {
        taken_.pop_front();
      }
      return;
  }
}

Duration RateLimitCount::wait(MonoTime now) {
  advance(now);
  switch (limit_.kind) {
    case RateLimit::Kind::kTokenBucket: {
      // What adding up doubles leaves behind shall not turn anybody away.
      const double missing = used_ + 1 - limit_.burst;
      return missing <= 1e-6
                 ? Duration{0}
                 : std::chrono::ceil<Duration>(std::chrono::duration<double>(limit_.per) * (missing / limit_.requests));
    }
    case RateLimit::Kind::kFixedWindow:
      return used_ < limit_.requests ? Duration{0} : at_ + limit_.per - now;
    case RateLimit::Kind::kSlidingWindow:
      return static_cast<double>(taken_.size()) < limit_.requests ? Duration{0} : taken_.front() + limit_.per - now;
  }
  return Duration{0};
}

double RateLimitCount::left(MonoTime now) {
  advance(now);
  switch (limit_.kind) {
    case RateLimit::Kind::kTokenBucket:
      return std::max(0.0, std::floor(limit_.burst - used_ + 1e-6));
    case RateLimit::Kind::kFixedWindow:
      return std::max(0.0, limit_.requests - used_);
    case RateLimit::Kind::kSlidingWindow:
      return std::max(0.0, limit_.requests - static_cast<double>(taken_.size()));
  }
  return 0;
}

Duration RateLimitCount::until_more(MonoTime now) {
  advance(now);
  switch (limit_.kind) {
    case RateLimit::Kind::kTokenBucket: {
      const double part = used_ - std::floor(used_);
      const double missing = used_ == 0 ? 0 : part == 0 ? 1 : part;
      return std::chrono::ceil<Duration>(std::chrono::duration<double>(limit_.per) * (missing / limit_.requests));
    }
    case RateLimit::Kind::kFixedWindow:
      return used_ == 0 ? Duration{0} : at_ + limit_.per - now;
    case RateLimit::Kind::kSlidingWindow:
      return taken_.empty() ? Duration{0} : taken_.front() + limit_.per - now;
  }
  return Duration{0};
}

void RateLimitCount::take(MonoTime now) {
  advance(now);
  if (limit_.kind == RateLimit::Kind::kSlidingWindow) {
    taken_.push_back(now);
  } else {
    used_ += 1;
  }
}

}  // namespace respand::sink
