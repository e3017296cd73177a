#include "delivery/rate_control.h"

#include <algorithm>
#include <chrono>

#include "delivery/verdict.h"

namespace respand::delivery {
namespace {

// The rate that the API's headers say it allows, in requests a second.
std::optional<double> advertised_rate(const http::RateLimitHint& hint) {
  if (!hint.limit || !hint.window || *hint.limit <= 0) {
    return std::nullopt;
  }
  return *hint.limit / std::chrono::duration<double>(*hint.window).count();
}

}  // namespace

void RateControl::begin_with(const LearnedPace& learned, MonoTime now) {
  pace_.begin_with(learned, now);
  saved_ = SavedPace(learned, now);
}

RateControl::Effect RateControl::learn(const http::Answer& answer, const Attempt& attempt, MonoTime now) {
  constexpr double kWeight = 1.0 / 500;
  const bool refused = is_too_many(answer);
  const bool answered = answer.failure == http::Failure::kNone;
  refused_share_ += ((refused ? 1.0 : 0.0) - refused_share_) * kWeight;
  Effect effect;
  effect.gate_lifted = pace_.blocked();  // All workers wait for the answer to the single try.
  if (const double factor = advertised_.change(answer.limits); factor != 1) {
    pace_.scale(factor);
  }
  if (is_noise(answer, attempt.in_flight, now)) {
    pace_.unknown();
  } else if (refused) {
    learn_refusal(answer, attempt.concurrency, now, effect);
  } else if (answered) {
    pace_.accepted(now - answer.elapsed, now);
    effect.rest = attempt.normal ? rest_after(answer, now) : Duration{0};
    accepted_.accepted(attempt.concurrency);
    effect.load_tells = true;
  } else {
    pace_.unknown();
    effect.load_tells = may_be_overload(answer);
  }
  return effect;
}

// Whether the answer is one of the refusals that come whatever is sent, and so no reason to send less. Where these have
// become too many, they were no noise: the pace that was given up for them is taken up again.
bool RateControl::is_noise(const http::Answer& answer, std::uint32_t in_flight, MonoTime now) {
  const bool refused = is_too_many(answer);
  const bool was_known = noise_.known();
  const bool explained =
      (refused || answer.failure == http::Failure::kNone) && noise_.explains(refused, in_flight, now);
  if (was_known && !noise_.known()) {
    pace_.begin_with(*pace_before_noise_, now);
  }
  return explained;
}

// How long nothing is to leave after an answer whose headers say that no request is left for now. Waiting that long
// avoids the refusal. 0: the headers do not say so, or are not to be believed.
Duration RateControl::rest_after(const http::Answer& answer, MonoTime now) {
  const http::RateLimitHint& hint = answer.limits;
  if (hint.remaining != 0.0 || !hint.reset || *hint.reset <= Duration{0}) {
    return Duration{0};
  }
  const bool one_by_one = hint.limit && *hint.limit <= 2;
  const MonoTime sent = now - answer.elapsed;
  return pace_.used_up(sent, *hint.reset, advertised_rate(hint), one_by_one, now) ? *hint.reset : Duration{0};
}

// A refusal is about how many requests there are at once, or about how many there are a second. An API that says when
// to come back counts requests by time. Only the part that the refusal is about learns from it.
void RateControl::learn_refusal(const http::Answer& answer, std::uint32_t concurrency, MonoTime now, Effect& effect) {
  const Duration hold = std::max(answer.retry_after.value_or(Duration{0}), Duration{0});
  const bool few = concurrency == 1 || accepted_.is_low(concurrency);
  const bool about_rate = hold > Duration{0} || pace_.holds_back() || few;
  if (about_rate) {
    pace_.refused(now - answer.elapsed, hold, advertised_rate(answer.limits), concurrency < AcceptedConcurrency::kFew,
                  now);
    if (const double share = pace_.vain_share(); share > 0 && noise_.believe(share, now)) {
      // Refusals come whatever is sent, so the pace that was learned from them is wrong.
      pace_before_noise_ = pace_.learned(now);
      pace_ = Pace{};
      effect.gate_lifted = true;
      effect.noise_found = true;
      return;
    }
  }
  effect.concurrency_refused = !about_rate || (hold > Duration{0} && !pace_.holds_back() && !few);
}

void RateControl::resume(MonoTime now, bool new_target) {
  if (new_target) {
    pace_ = Pace{};
    noise_ = RefusalNoise{};
    saved_ = SavedPace{};
    advertised_ = AdvertisedLimit{};
    accepted_ = AcceptedConcurrency{};
  }
  pace_.lift(now);
}

}  // namespace respand::delivery
