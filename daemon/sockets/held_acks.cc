#include "sockets/held_acks.h"

#include <utility>

namespace respand::sockets {

HeldAcks::HeldAcks(net::Loop& loop, journal::Settlement* settlement, std::function<void()> wake,
                   std::function<void()> looked)
    : settlement_(settlement), looked_(std::move(looked)), timer_(loop, [this] { look_through(); }) {
  if (settlement_ != nullptr) {
    settlement_->wire(std::move(wake));
  }
}

// What was refused is told at once, unless its client is still to hear of earlier records.
void HeldAcks::committed(PendingAck pending, journal::CommitResult outcome) {
  if (settlement_ == nullptr || (outcome != journal::CommitResult::kDurable && pending.client->held_ == 0)) {
    hear(std::move(pending), outcome);
    return;
  }
  ++pending.client->held_;
  std::weak_ptr<Submitter> client = std::exchange(pending.client, nullptr);
  held_.push_back({std::move(pending), std::move(client), outcome});
}

void HeldAcks::hear(PendingAck pending, journal::CommitResult outcome) {
  pending.client->on_committed(pending, outcome);
  if (!pending.client->has_news_) {
    pending.client->has_news_ = true;
    news_.push_back(std::move(pending.client));
  }
}

void HeldAcks::let_go(Held held) {
  held.pending.client = held.client.lock();
  if (held.pending.client != nullptr) {
    --held.pending.client->held_;
    hear(std::move(held.pending), held.outcome);
  }
}

// It is armed before it looks, so that what is acknowledged meanwhile is either seen here or wakes.
void HeldAcks::release() {
  if (held_.empty()) {
    return;
  }
  settlement_->arm();
  const Sequence below = settlement_->acknowledged_below();
  while (!held_.empty() && end_of(held_.front()) <= below) {
    Held held = std::move(held_.front());
    held_.pop_front();
    let_go(std::move(held));
  }
  if (!held_.empty() && !timer_.is_set()) {
    timer_.set(kLookThrough);
  }
}

// Looks at each, not only at the first. Behind one that is not acknowledged, its client's others wait too. Those of
// clients that are gone are forgotten.
void HeldAcks::look_through() {
  ++passes_;
  std::deque<Held> rest;
  for (Held& held : std::exchange(held_, {})) {
    const auto client = held.client.lock();
    if (client == nullptr) {
      continue;
    }
    const bool acknowledged =
        client->blocked_in_ != passes_ && (held.outcome != journal::CommitResult::kDurable ||
                                           settlement_->is_acknowledged(held.pending.sequence, end_of(held)));
    if (acknowledged) {
      let_go(std::move(held));
    } else {
      client->blocked_in_ = passes_;
      rest.push_back(std::move(held));
    }
  }
  held_ = std::move(rest);
  release();
  tell();
  looked_();
}

void HeldAcks::tell() {
  const auto news = std::exchange(news_, {});
  for (const auto& client : news) {
    client->has_news_ = false;
    client->on_news();
  }
}

}  // namespace respand::sockets
