#include "delivery/pacer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace respand::delivery {
namespace {

// Tokens of so many seconds may gather while a worker sleeps.
constexpr double kLate = 0.02;
// Longer than this is no worker's sleep but a silence, after which one token is there.
constexpr double kSilence = 0.05;

}  // namespace

void Pacer::refill(MonoTime now, double rate) {
  if (std::exchange(resumes_, false)) {
    tokens_ = 1;
    refilled_ = now;
    return;
  }
  const double passed = std::chrono::duration<double>(std::max(now - refilled_, Duration{0})).count();
  refilled_ = std::max(now, refilled_);
  const double most = std::max(1.0, rate * kLate);
  const double gained = tokens_ + passed * rate;
  idle_ += std::max(gained - 2 * most, 0.0) / rate;
  tokens_ = std::min(gained, passed > kSilence ? 1.0 : most);
}

std::uint32_t Pacer::take(MonoTime now, double rate, std::uint32_t wanted) {
  refill(now, rate);
  const auto got = std::min<double>(wanted, std::floor(tokens_ + 1e-9));
  tokens_ -= got;
  held_back_ = got < wanted;
  return static_cast<std::uint32_t>(got);
}

void Pacer::restart(MonoTime now) {
  tokens_ = 0;
  refilled_ = now;
}

Duration Pacer::until_next(double rate) const {
  constexpr double kLongest = 1e6;
  const double missing = std::max(1 - tokens_, 0.0) / rate;
  return std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(missing, kLongest)));
}

}  // namespace respand::delivery
