#include "fleet/relay_peers.h"

#include <algorithm>
#include <utility>

#include "fleet/relay_announcement.h"
#include "respand/base/log.h"

namespace respand::fleet {

std::string_view name_of(Sharing sharing) noexcept {
  switch (sharing) {
    case Sharing::kOff:
      return "off";
    case Sharing::kJoining:
      return "joining";
    case Sharing::kHeld:
      return "held";
    case Sharing::kUnheard:
      return "unheard";
    case Sharing::kDenied:
      return "denied";
  }
  return "off";
}

RelayPeers::RelayPeers(std::string_view stream, std::uint64_t id, Use use, nats::Client& client)
    : subject_(announcements_subject(stream)), id_(id), use_(std::move(use)), client_(client) {}

void RelayPeers::configure(bool shared, std::uint32_t limit, MonoTime now) {
  if (shared_ && !shared) {
    leave();
  }
  shared_ = shared;
  share_.limit = limit;
  if (shared_ && !subscription_) {
    subscription_ = client_.subscribe(subject_, {});
    joined_at_ = announcements_;
    announce_at_ = MonoTime::min();
  }
  decide(now);
}

bool RelayPeers::step(MonoTime now, std::optional<MonoTime> consumer) {
  if (!shared_) {
    return false;
  }
  consumer_ = consumer;
  look_for_denial(now);
  bool ask = false;
  if (now >= announce_at_ && client_.state().link == nats::Link::kUp) {
    announce(now);
    ask = true;
  }
  const bool overdue = forget();
  decide(now);
  return ask && overdue;
}

// A subscription that was denied is no subscription, also once it would be allowed.
void RelayPeers::announce(MonoTime now) {
  if (!subscription_) {
    subscription_ = client_.subscribe(subject_, {});
  }
  const RelayAnnouncement here{id_, ++announcements_, false};
  if (client_.publish(subject_, {}, {}, here.encode())) {
    sent_[here.number % sent_.size()] = {here.number, now};
  }
  announce_at_ = now + kInterval;
}

void RelayPeers::look_for_denial(MonoTime now) {
  const nats::State& state = client_.state();
  if (std::exchange(denials_, state.denials) == state.denials || state.denied != subject_) {
    return;
  }
  denied_ = true;
  announce_at_ = now + kTryAgain;
  if (subscription_) {
    client_.unsubscribe(*std::exchange(subscription_, std::nullopt));
  }
}

bool RelayPeers::take(const nats::Message& message, MonoTime now) {
  if (!subscription_ || message.subscription != *subscription_) {
    return false;
  }
  const auto announcement = RelayAnnouncement::decode(message.payload);
  if (!announcement) {
    return true;
  }
  if (announcement->relay == id_) {
    echoed(announcement->number, now);
  } else if (announcement->leaves) {
    std::erase_if(peers_, [&](const Peer& peer) { return peer.id == announcement->relay; });
  } else {
    hear(announcement->relay, now);
  }
  return true;
}

void RelayPeers::echoed(std::uint64_t number, MonoTime now) {
  const Sent& sent = sent_[number % sent_.size()];
  if (number == 0 || sent.number != number || now >= sent.at + kLease) {
    return;
  }
  if (!went_round_ || now >= *went_round_ + kLease) {
    listens_since_ = now;
  }
  went_round_ = std::max(went_round_.value_or(sent.at), sent.at);
  denied_ = false;
}

// Where there are more than may share, each takes the smallest part, and need not know who they are.
void RelayPeers::hear(std::uint64_t id, MonoTime now) {
  const auto known = std::find_if(peers_.begin(), peers_.end(), [id](const Peer& peer) { return peer.id == id; });
  if (known != peers_.end()) {
    known->heard_at = now;
  } else if (peers_.size() + 1 < kMostRelays) {
    peers_.push_back({id, now});
  }
}

// True where somebody is silent, and only the consumer's word is missing.
bool RelayPeers::forget() {
  const auto is_silent = [this](const Peer& peer) { return went_round_ && *went_round_ >= peer.heard_at + kForget; };
  std::erase_if(
      peers_, [&](const Peer& peer) { return is_silent(peer) && consumer_ && *consumer_ >= peer.heard_at + kForget; });
  return std::any_of(peers_.begin(), peers_.end(), is_silent);
}

Sharing RelayPeers::sharing(MonoTime now) const {
  if (!shared_) {
    return Sharing::kOff;
  }
  if (denied_) {
    return Sharing::kDenied;
  }
  if (!went_round_) {
    return announcements_ - joined_at_ > kUnanswered ? Sharing::kUnheard : Sharing::kJoining;
  }
  if (now >= *went_round_ + kLease) {
    return Sharing::kUnheard;
  }
  if (now < listens_since_ + kForget) {
    return Sharing::kJoining;
  }
  return consumer_ && now < *consumer_ + kConsumerSilence ? Sharing::kHeld : Sharing::kUnheard;
}

void RelayPeers::decide(MonoTime now) {
  RelayShare next{.sharing = sharing(now), .limit = share_.limit};
  if (next.sharing != Sharing::kOff) {
    next.relays = static_cast<std::uint32_t>(peers_.size() + 1);
    next.part = next.sharing == Sharing::kHeld ? 1.0 / next.relays : kSmallestPart;
    next.until = next.sharing == Sharing::kHeld ? *went_round_ + kLease : MonoTime::max();
  }
  const RelayShare before = std::exchange(share_, next);
  if (share_ == before) {
    return;
  }
  if (use_) {
    use_(share_);
  }
  if (share_.sharing != before.sharing || (share_.sharing == Sharing::kHeld && share_.relays != before.relays)) {
    say();
  }
}

void RelayPeers::say() const {
  const double own = share_.limit * share_.part;
  switch (share_.sharing) {
    case Sharing::kOff:
      log::info("delivery.rate_limit is this relay's own", {{"requests_per_second", share_.limit}});
      return;
    case Sharing::kJoining:
      log::info("this relay listens for others that share delivery.rate_limit, and takes the smallest part meanwhile",
                {{"subject", subject_}, {"requests_per_second", own}});
      return;
    case Sharing::kHeld:
      log::info("relays share delivery.rate_limit",
                {{"relays", share_.relays}, {"of", share_.limit}, {"requests_per_second", own}});
      return;
    case Sharing::kUnheard:
      log::warning(
          "this relay can't be sure that others which share delivery.rate_limit hear it: it takes the "
          "smallest part",
          {{"subject", subject_}, {"requests_per_second", own}});
      return;
    case Sharing::kDenied:
      log::warning("the NATS server does not let this relay share delivery.rate_limit: it takes the smallest part",
                   {{"subject", subject_}, {"requests_per_second", own}, {"why", client_.state().detail}});
      return;
  }
}

// A relay that leaves sends nothing more, so the others need not wait.
void RelayPeers::leave() {
  if (!shared_) {
    return;
  }
  if (!denied_) {
    static_cast<void>(client_.publish(subject_, {}, {}, RelayAnnouncement{id_, ++announcements_, true}.encode()));
  }
  if (subscription_) {
    client_.unsubscribe(*std::exchange(subscription_, std::nullopt));
  }
  shared_ = false;
  denied_ = false;
  went_round_.reset();
  peers_.clear();
}

MonoTime RelayPeers::due() const {
  if (!shared_) {
    return MonoTime::max();
  }
  MonoTime due = client_.state().link == nats::Link::kUp ? announce_at_ : MonoTime::max();
  if (share_.sharing == Sharing::kHeld) {
    due = std::min(due, share_.until);
  } else if (share_.sharing == Sharing::kJoining && went_round_) {
    due = std::min({due, listens_since_ + kForget, *went_round_ + kLease});
  }
  return due;
}

}  // namespace respand::fleet
