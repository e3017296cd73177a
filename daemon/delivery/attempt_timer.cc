#include "delivery/attempt_timer.h"

#include <utility>

#include "delivery/saturating_sub.h"

namespace respand::delivery {

// A tenth of a long silence spreads the hosts well; a short one would spread them over nothing, hence `initial` too.
void AttemptTimer::keep_silence(Duration asked, bool spread, MonoTime now) {
  const Duration jitter = spread ? full_jitter(retry_.initial, kMaxSilenceJitter, 0, random_) +
                                       full_jitter(asked / 10, kMaxSilenceJitter, 0, random_)
                                 : Duration{0};
  silent_until_ = std::max(silent_until_, now + asked + jitter);
}

void AttemptTimer::rest(Duration rest, MonoTime now) {
  silent_until_ = std::max(silent_until_, now + rest + full_jitter(rest / 10, kMaxSilenceJitter, 0, random_));
}

void AttemptTimer::back_off(MonoTime now) {
  not_before_ = now + full_jitter(retry_.initial, retry_.max, step_, random_);
  ++step_;
}

void AttemptTimer::wait_for_probe(Upstream upstream, MonoTime now) {
  const bool wrong = upstream == Upstream::kWrong;
  const Duration first = wrong ? kFirstPauseProbe : retry_.initial;
  const Duration longest = wrong ? retry_.max : std::min(retry_.max, kLongestProbe);
  not_before_ = now + half_jitter(first, longest, step_, random_);
}

void AttemptTimer::shorten() { step_ = saturating_sub(step_, 1); }

bool AttemptTimer::lift() { return std::exchange(not_before_, MonoTime{}) != MonoTime{}; }

}  // namespace respand::delivery
