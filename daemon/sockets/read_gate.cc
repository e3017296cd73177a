#include "sockets/read_gate.h"

#include <algorithm>
#include <utility>

namespace respand::sockets {

ReadGate::ReadGate(ConnectionShared& shared, PeerQuota* user, Calls calls)
    : shared_(shared), user_(user), ask_again_(std::move(calls.ask_again)), cadence_(shared.settings.gather_reads) {
  lease_.wake = std::move(calls.memory_free);
}

bool ReadGate::held_back() {
  // At least 5 ms, to read a little more at once rather than often. At most 100 ms, so that a limit which was lifted
  // meanwhile does not hold for long.
  constexpr Duration kLeastWait = std::chrono::milliseconds{5};
  constexpr Duration kMostWait = std::chrono::milliseconds{100};
  if (user_ == nullptr || lease_.bytes > PartialRecordPool::kFree) {
    return false;
  }
  const Duration wait = user_->wait(shared_.clock.mono());
  if (wait == Duration{0}) {
    return false;
  }
  if (hold_ == nullptr) {
    hold_ = std::make_unique<net::Timer>(shared_.loop, ask_again_);
  }
  shared_.rate_limit_waits.add();
  hold_->set(std::clamp(wait, kLeastWait, kMostWait));
  return true;
}

std::size_t ReadGate::allowance(bool last) {
  const std::size_t most = shared_.pool.allowance(lease_, ConnectionShared::kScratch);
  return most > 0 && user_ != nullptr && !last ? user_->allowance(most) : most;
}

void ReadGate::note_read(std::size_t bytes, bool awaited, MonoTime now) {
  cadence_.note_read(bytes, awaited, now);
  if (user_ != nullptr) {
    user_->took_bytes(bytes);
  }
  shared_.pool.note_read(lease_, bytes, now);
}

void ReadGate::restart(MonoTime now) {
  lease_.since = now;
  lease_.read = 0;
}

std::optional<MonoTime> ReadGate::stalled_since(MonoTime now, Duration grace) const {
  return shared_.pool.stalled(lease_, now, grace) ? std::optional(lease_.since) : std::nullopt;
}

void ReadGate::close() {
  hold_.reset();
  user_ = nullptr;
  shared_.pool.give_up(lease_);
}

}  // namespace respand::sockets
