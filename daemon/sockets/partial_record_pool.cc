#include "sockets/partial_record_pool.h"

#include <algorithm>

namespace respand::sockets {

// In this order: the favoured connection may read all it wants; the free part; the pool, for whoever is first in line;
// and where nothing is left, whoever is first becomes the favoured one, if there is none.
std::size_t PartialRecordPool::allowance(BufferLease& account, std::size_t most) {
  if (favoured_ == &account) {
    return used_ > pool_ + kOverdraft ? std::min(most, kFree) : most;
  }
  const std::size_t free = kFree - std::min(account.bytes, kFree);
  // What is left of the pool belongs to those who wait. The free part is each connection's own.
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

// The favour ends with the record that it was for. What the connection then holds of the next one is charged to the
// pool.
void PartialRecordPool::set(BufferLease& account, std::size_t bytes, Holds holds) {
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

void PartialRecordPool::wait(BufferLease& account) {
  if (!account.waiting) {
    account.waiting = true;
    waiting_.push_back(&account);
  }
}

void PartialRecordPool::give_up(BufferLease& account) {
  set(account, 0);
  if (account.waiting) {
    account.waiting = false;
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &account));
  }
}

bool PartialRecordPool::can_resume() const {
  return !waiting_.empty() && (favoured_ == nullptr || left() >= kLeastGrant);
}

void PartialRecordPool::resume() {
  for (std::size_t turns = waiting_.size(); turns > 0 && can_resume(); --turns) {
    BufferLease& account = *waiting_.front();
    waiting_.pop_front();
    account.waiting = false;
    account.next = true;
    account.wake();
  }
}

void PartialRecordPool::note_read(BufferLease& account, std::size_t bytes, MonoTime now) {
  account.read += bytes;
  if (account.read >= kProgress || account.bytes <= kFree) {
    account.read = 0;
    account.since = now;
  }
}

bool PartialRecordPool::stalled(const BufferLease& account, MonoTime now, Duration grace) const {
  return account.bytes > kFree && !account.waiting && now - account.since >= grace;
}

}  // namespace respand::sockets
