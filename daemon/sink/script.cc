#include "sink/script.h"

#include <string>
#include <utility>

namespace respand::sink {

void Script::set(Rules rules) {
  state_.with([&](State& state) { state.rules = std::move(rules); });
}

bool Script::authorised(std::string_view authorization) const {
  static constexpr std::string_view kScheme = "Bearer ";
  return state_.with([&](const State& state) {
    return state.rules.key.empty() ||
           (authorization.starts_with(kScheme) && authorization.substr(kScheme.size()) == state.rules.key);
  });
}

bool Script::refuses(std::string_view record) const {
  return state_.with([&](const State& state) {
    return !state.rules.refuse.empty() && record.find(state.rules.refuse) != std::string_view::npos;
  });
}

BatchAnswers Script::batch() const {
  return state_.with([](const State& state) { return state.rules.batch; });
}

bool Script::is_too_much(State& state, std::uint64_t in_flight, MonoTime now) {
  const Rules& rules = state.rules;
  if (rules.rate > 0) {
    if (now - state.second >= std::chrono::seconds{1}) {
      state.second = now;
      state.in_second = 0;
    }
    if (++state.in_second > rules.rate) {
      return true;
    }
  }
  return rules.concurrency > 0 && in_flight > rules.concurrency;
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
    verdict.retry_after = rules.retry_after;
    if (status == 200 && is_too_much(state, in_flight, now)) {
      verdict.status = 429;
      return verdict;  // At once: whom it turns away occupies nothing.
    }
    if (status == 200) {
      draw(state, verdict);
    }
    verdict.delay = rules.delay_min;
    if (rules.delay_max > rules.delay_min) {
      const auto span = static_cast<std::uint64_t>((rules.delay_max - rules.delay_min).count());
      verdict.delay += Duration{static_cast<Duration::rep>(state.random.below(span + 1))};
    }
    return verdict;
  });
}

}  // namespace respand::sink
