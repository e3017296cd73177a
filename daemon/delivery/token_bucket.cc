#include "delivery/token_bucket.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace respand::delivery {

TokenBucket::TokenBucket(const RateLimit& limit) : limit_(limit), tokens_(capacity()) {}

double TokenBucket::capacity() const { return std::max(1.0, limit_.rate / 10.0); }

void TokenBucket::refill(MonoTime now) {
  const double passed = std::chrono::duration<double>(now - std::exchange(refilled_, now)).count();
  tokens_ = std::min(capacity(), tokens_ + passed * limit_.rate);
}

std::uint32_t TokenBucket::take(MonoTime now, std::uint32_t wanted) {
  if (now >= limit_.until) {
    refill(std::max(limit_.until, refilled_));
    reconfigure({.rate = limit_.after});
  }
  if (!limits()) {
    return wanted;
  }
  refill(now);
  const std::uint32_t taken = std::min(wanted, static_cast<std::uint32_t>(std::max(tokens_, 0.0)));
  tokens_ -= taken;
  return taken;
}

MonoTime TokenBucket::next(MonoTime now, std::uint32_t wanted) const {
  const double missing = std::max(std::min<double>(wanted, std::floor(capacity())) - tokens_, 0.0);
  return now + std::chrono::ceil<Duration>(std::chrono::duration<double>(missing / limit_.rate));
}

void TokenBucket::reconfigure(const RateLimit& limit) {
  limit_ = limit;
  tokens_ = std::min(tokens_, capacity());
}

}  // namespace respand::delivery
