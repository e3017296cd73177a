#include "sink/script.h"

#include <algorithm>
#include <string>
#include <utility>

#include "respand/base/text.h"

namespace respand::sink {

Script::State::State(Rules initial, std::uint64_t seed) : random(seed) { begin(std::move(initial)); }

void Script::State::begin(Rules next) {
  rules = std::move(next);
  counts.clear();
  for (const RateLimit& limit : rules.limits) {
    counts.emplace_back(limit);
  }
}

void Script::set(Rules rules) {
  state_.with([&](State& state) { state.begin(std::move(rules)); });
}

bool Script::authorised(std::string_view authorization) const {
  static constexpr std::string_view kScheme = "Bearer ";
  return state_.with([&](const State& state) {
    const bool bearer = authorization.starts_with(kScheme);
    if (bearer && !state.rules.refuse_key.empty() && authorization.substr(kScheme.size()) == state.rules.refuse_key) {
      return false;
    }
    return state.rules.key.empty() ||
           (authorization.starts_with(kScheme) && authorization.substr(kScheme.size()) == state.rules.key);
  });
}

bool Script::refuses(std::string_view record) const {
  return state_.with([&](const State& state) {
    return !state.rules.refuse.empty() && record.find(state.rules.refuse) != std::string_view::npos;
  });
}

bool Script::poisons(std::string_view record) const {
  return state_.with([&](const State& state) {
    return !state.rules.poison.empty() && record.find(state.rules.poison) != std::string_view::npos;
  });
}

std::uint32_t Script::rejected_spans() const {
  return state_.with([](const State& state) { return state.rules.rejected_spans; });
}

std::string Script::unknown_route() const {
  return state_.with([](const State& state) { return state.rules.unknown_route; });
}

BatchAnswers Script::batch() const {
  return state_.with([](const State& state) { return state.rules.batch; });
}

// What one limit turns away uses up nothing of the others; who comes while too many are under way has used his turn.
bool Script::is_too_much(State& state, std::uint64_t in_flight, MonoTime now) {
  if (wait(state, now) > Duration{0}) {
    return true;
  }
  for (RateLimitCount& count : state.counts) {
    count.take(now);
  }
  return state.rules.concurrency > 0 && in_flight > state.rules.concurrency;
}

Duration Script::wait(State& state, MonoTime now) {
  Duration longest{0};
  for (RateLimitCount& count : state.counts) {
    longest = std::max(longest, count.wait(now));
  }
  return longest;
}

std::uint32_t Script::retry_after(State& state, const Verdict& verdict, MonoTime now) {
  if (!state.rules.retry_after_reset) {
    return state.rules.retry_after;
  }
  if (verdict.fault != Fault::kNone || (verdict.status != 429 && verdict.status != 503)) {
    return 0;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait(state, now)).count();
  return static_cast<std::uint32_t>(std::max<std::chrono::seconds::rep>(seconds, 1));
}

std::string Script::limit_headers(State& state, MonoTime now) {
  if (state.rules.limit_headers == LimitHeaders::kNone || state.counts.empty()) {
    return {};
  }
  RateLimitCount* scarce = &state.counts.front();
  for (RateLimitCount& count : state.counts) {
    scarce = count.left(now) < scarce->left(now) ? &count : scarce;
  }
  const auto whole = [](double number) { return static_cast<std::uint64_t>(number); };
  const auto seconds = [](Duration time) { return std::chrono::ceil<std::chrono::seconds>(time).count(); };
  const auto limit = std::max<std::uint64_t>(whole(scarce->limit().requests), 1);
  const auto left = whole(scarce->left(now));
  const auto reset = seconds(scarce->until_more(now));
  if (state.rules.limit_headers == LimitHeaders::kRateLimit) {
    return cat("RateLimit-Policy: \"sink\";q=", limit, ";w=", seconds(scarce->limit().per),
               "\r\nRateLimit: \"sink\";r=", left, ";t=", reset, "\r\n");
  }
  return cat("X-RateLimit-Limit: ", limit, "\r\nX-RateLimit-Remaining: ", left, "\r\nX-RateLimit-Reset: ", reset,
             "\r\n");
}

void Script::draw(State& state, Verdict& verdict) {
  const Rules& rules = state.rules;
  if (rules.fail.empty()) {
    return;
  }
  double place = state.random.unit();
  for (const FailRule& rule : rules.fail) {
    if (place < rule.probability) {
      verdict.fault = rule.fault;
      verdict.status = rule.fault == Fault::kNone ? rule.status : 200;
      return;
    }
    place -= rule.probability;
  }
}

Verdict Script::judge(int status, std::uint64_t in_flight, MonoTime now) {
  return state_.with([&](State& state) {
    const Rules& rules = state.rules;
    Verdict verdict{.status = status};
    verdict.close = rules.close;
    verdict.retry_after_form = rules.retry_after_form;
    if (status == 200 && is_too_much(state, in_flight, now)) {
      verdict.status = 429;
      verdict.retry_after = retry_after(state, verdict, now);
      verdict.headers = limit_headers(state, now);
      return verdict;  // At once: whom it turns away occupies nothing.
    }
    if (status == 200) {
      draw(state, verdict);
    }
    verdict.retry_after = retry_after(state, verdict, now);
    verdict.headers = limit_headers(state, now);
    verdict.delay = rules.delay_min;
    if (rules.delay_max > rules.delay_min) {
      const auto span = static_cast<std::uint64_t>((rules.delay_max - rules.delay_min).count());
      verdict.delay += Duration{static_cast<Duration::rep>(state.random.below(span + 1))};
    }
    return verdict;
  });
}

}  // namespace respand::sink
