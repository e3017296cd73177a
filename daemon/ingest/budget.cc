#include "ingest/budget.h"

#include <algorithm>

namespace respand::ingest {

std::size_t Budget::allowance(Account& account, std::size_t most) {
  if (favoured_ == &account) {
    return used_ > pool_ + kOverdraft ? std::min(most, kFree) : most;
  }
  const std::size_t free = kFree - std::min(account.bytes, kFree);
  // Those who wait come first: what is left of the pool is theirs, but the free part is everybody's own.
  const std::size_t shared = first(account) ? left() : 0;
  if (free + shared >= std::min(most, kLeastGrant)) {
    return std::min(most, free + shared);
  }
  if (free > 0) {
    return std::min(most, free);
  }
  if (favoured_ == nullptr && first(account)) {
    favoured_ = &account;
    used_ -= account.charged;
    account.charged = 0;
    return allowance(account, most);
  }
  return 0;
}

void Budget::set(Account& account, std::size_t bytes, Holds holds) {
  account.bytes = bytes;
  account.next = false;
  if (favoured_ == &account) {
    if (bytes > kFree && holds == Holds::kTheSame) {
      return;
    }
    favoured_ = nullptr;
  }
  const std::size_t charge = bytes > kFree ? bytes - kFree : 0;
  used_ = used_ - account.charged + charge;
  account.charged = charge;
}

void Budget::wait(Account& account) {
  if (!account.waiting) {
    account.waiting = true;
    waiting_.push_back(&account);
  }
}

void Budget::give_up(Account& account) {
  set(account, 0);
  if (account.waiting) {
    account.waiting = false;
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &account));
  }
}

bool Budget::can_resume() const { return !waiting_.empty() && (favoured_ == nullptr || left() >= kLeastGrant); }

void Budget::resume() {
  for (std::size_t turns = waiting_.size(); turns > 0 && can_resume(); --turns) {
    Account& account = *waiting_.front();
    waiting_.pop_front();
    account.waiting = false;
    account.next = true;
    account.wake();
  }
}

void Budget::note_read(Account& account, std::size_t bytes, MonoTime now) {
  account.read += bytes;
  if (account.read >= kProgress || account.bytes <= kFree) {
    account.read = 0;
    account.since = now;
  }
}

bool Budget::stalled(const Account& account, MonoTime now, Duration grace) const {
  return account.bytes > kFree && !account.waiting && now - account.since >= grace;
}

}  // namespace respand::ingest
