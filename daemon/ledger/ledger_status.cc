#include "ledger/ledger_status.h"

#include <utility>

namespace respand::ledger {

void LedgerStatus::set_working() {
  const bool ended = state_.with([](State& state) {
    state.issue.clear();
    return std::exchange(state.condition, Condition::kNone) != Condition::kNone;
  });
  if (ended) {
    failures_ = log::LogThrottle(kThrottle);  // The next failure is a new one, and is told at once.
    log::info("the ledger is written again");
  }
}

void LedgerStatus::set_failed(const Error& why, MonoTime now) {
  set(Condition::kFailed, why.message);
  if (failures_.open(now)) {
    log::error("the ledger can't be written or read; records are delivered all the same, and it is tried again",
               {{"why", why.message}, {"held_back", failures_.held_back()}});
  }
}

void LedgerStatus::set_broken(const Error& why) { set(Condition::kBroken, why.message); }

void LedgerStatus::set(Condition condition, const std::string& issue) {
  state_.with([&](State& state) {
    state.condition = condition;
    state.issue = issue;
  });
}

void LedgerStatus::show(std::uint64_t missed, const SpendTracker& spend, std::int64_t hour) {
  state_.with([&](State& state) {
    state.missed = missed;
    spend.show(hour, state);
  });
}

State LedgerStatus::state() const {
  return state_.with([](const State& state) { return state; });
}

}  // namespace respand::ledger
