#include "delivery/worker_permits.h"

#include <algorithm>

namespace respand::delivery {

std::uint32_t WorkerPermits::room() const {
  const std::size_t capacity = client_.capacity();
  return static_cast<std::uint32_t>(capacity - std::min(capacity, client_.in_flight()));
}

Permits WorkerPermits::admit(UpstreamGate& upstream, MonoTime now) {
  const Permits permits = upstream.admit(worker_, now, room());
  // After asking: the gate may have permitted requests because the target is new, and these must go to the new one.
  inbox_.apply(now);
  return permits;
}

void WorkerPermits::give_back(UpstreamGate& upstream, const Permits& permits, std::uint32_t unused) {
  if (unused > 0) {
    upstream.give_back(worker_, permits, unused);
  }
}

void WorkerPermits::answered(UpstreamGate& upstream, std::uint64_t ticket, Verdict verdict, const http::Answer& answer,
                             MonoTime now, FailureSource source) {
  upstream.answered(worker_, ticket, verdict, answer, now, source);
  answered_.emplace_back(&upstream, ticket);
}

// Slots of consecutive answers from one gate are freed with one call, and so with one lock.
void WorkerPermits::release() {
  for (auto request = answered_.begin(); request != answered_.end();) {
    UpstreamGate* const upstream = request->first;
    tickets_.clear();
    for (; request != answered_.end() && request->first == upstream; ++request) {
      tickets_.push_back(request->second);
    }
    upstream->release(worker_, tickets_);
  }
  answered_.clear();
}

}  // namespace respand::delivery
