#include "delivery/give_up_requests.h"

namespace respand::delivery {

void GiveUpRequests::begin(Sequence sequence) {
  const MutexLock lock(mutex_);
  wanted_ = sequence;
  absent_ = 0;
  end_.reset();
  number_.fetch_add(1, std::memory_order_relaxed);
}

GiveUpRequests::End GiveUpRequests::wait(Duration patience) {
  MutexLock lock(mutex_);
  while (!end_ && !closed_ && changed_.wait_for(lock.native(), patience) == std::cv_status::no_timeout) {
  }
  const End end = end_.value_or(End::kOnItsWay);
  wanted_ = {};
  return end;
}

void GiveUpRequests::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<GiveUpRequests::Request> GiveUpRequests::next(std::uint64_t& seen) {
  const std::uint64_t number = number_.load(std::memory_order_relaxed);
  if (number == seen) {
    return std::nullopt;
  }
  const MutexLock lock(mutex_);
  seen = number_.load(std::memory_order_relaxed);
  return Request{wanted_, seen};
}

void GiveUpRequests::not_here(const Request& request) {
  const MutexLock lock(mutex_);
  if (request.number == number_.load(std::memory_order_relaxed) && ++absent_ == workers_) {
    end_ = End::kNotTried;
    changed_.notify_all();
  }
}

void GiveUpRequests::ended(Sequence sequence, End end) {
  const MutexLock lock(mutex_);
  if (sequence == wanted_) {
    end_ = end;
    changed_.notify_all();
  }
}

}  // namespace respand::delivery
