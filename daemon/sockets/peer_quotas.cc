#include "sockets/peer_quotas.h"

#include <algorithm>

namespace respand::sockets {

// A token bucket: at most a second's worth is saved up.
void PeerQuota::fill_up(MonoTime now) {
  const double seconds = std::chrono::duration<double>(now - filled_).count();
  filled_ = now;
  records_left_ = std::min<double>(limit_.records, records_left_ + seconds * limit_.records);
  bytes_left_ = std::min(static_cast<double>(limit_.bytes), bytes_left_ + seconds * static_cast<double>(limit_.bytes));
}

Duration PeerQuota::wait(MonoTime now) {
  if (limit_.records == 0 && limit_.bytes == 0) {
    return Duration{0};
  }
  fill_up(now);
  double seconds = 0;
  if (limit_.records > 0 && records_left_ < 1) {
    seconds = (1 - records_left_) / limit_.records;
  }
  if (limit_.bytes > 0 && bytes_left_ <= 0) {
    seconds = std::max(seconds, (1 - bytes_left_) / static_cast<double>(limit_.bytes));
  }
  // Rounded up, so that after this time there really is something.
  return seconds > 0 ? std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)) + Duration{1}
                     : Duration{0};
}

std::size_t PeerQuota::allowance(std::size_t most) const {
  // How many records a read brings is not known before. So where few records are left, little is read.
  constexpr double kBytesOfARecord = 512;
  double left = static_cast<double>(most);
  if (limit_.records > 0) {
    left = std::min(left, records_left_ * kBytesOfARecord);
  }
  if (limit_.bytes > 0) {
    left = std::min(left, bytes_left_);
  }
  return std::min(most, std::max(kLeastRead, static_cast<std::size_t>(std::max(left, 0.0))));
}

void PeerQuotas::reconfigure(net::Access access, const RateLimit& limit) {
  access_ = std::move(access);
  limit_ = limit;
  for (auto& [uid, user] : peer_quotas_) {
    user->records_left_ = user->bytes_left_ = 0;  // What was saved or owed belonged to the old limit.
  }
}

PeerQuota& PeerQuotas::of(std::uint32_t uid, MonoTime now) {
  if (const auto found = peer_quotas_.find(uid); found != peer_quotas_.end()) {
    return *found->second;
  }
  const bool own = peer_quotas_.size() < kMost || make_room(now);
  std::unique_ptr<PeerQuota>& place = own ? peer_quotas_[uid] : others_;
  if (place == nullptr) {
    place.reset(new PeerQuota(uid, kind_, limit_));
    place->count_.others = !own;
    place->records_left_ = limit_.records;
    place->bytes_left_ = static_cast<double>(limit_.bytes);
    place->filled_ = now;
  }
  return *place;
}

PeerQuota& PeerQuotas::connect(std::uint32_t uid, MonoTime now) {
  PeerQuota& user = of(uid, now);
  ++user.count_.connections;
  return user;
}

PeerQuota& PeerQuotas::connect(const net::Address& address, MonoTime now) {
  PeerQuota& user = connect(address.number, now);
  if (!user.count_.others) {
    user.count_.address = address.text;
  }
  return user;
}

// Frees a place: that of the user with the fewest records, among those without a connection and without a debt. Its
// counts are added to those of the others.
bool PeerQuotas::make_room(MonoTime now) {
  auto least = peer_quotas_.end();
  for (auto at = peer_quotas_.begin(); at != peer_quotas_.end(); ++at) {
    PeerQuota& user = *at->second;
    if (user.count_.connections == 0 && user.wait(now) == Duration{0} &&
        (least == peer_quotas_.end() || user.count_.records < least->second->count_.records)) {
      least = at;
    }
  }
  if (least == peer_quotas_.end()) {
    return false;
  }
  if (others_ == nullptr) {
    others_.reset(new PeerQuota(0, kind_, limit_));
    others_->count_.others = true;
  }
  const PeerCount& gone = least->second->count_;
  others_->count_.records += gone.records;
  others_->count_.refused += gone.refused;
  others_->count_.bytes += gone.bytes;
  peer_quotas_.erase(least);
  return true;
}

std::vector<PeerCount> PeerQuotas::counts(MonoTime now) {
  std::vector<PeerCount> all;
  const auto add = [&](PeerQuota& user) {
    all.push_back(user.count_);
    all.back().held_back = user.wait(now) > Duration{0};
  };
  for (auto& [uid, user] : peer_quotas_) {
    add(*user);
  }
  if (others_ != nullptr) {
    add(*others_);
  }
  std::sort(all.begin(), all.end(), [](const PeerCount& a, const PeerCount& b) {
    return std::tuple(b.records, b.bytes, a.uid) < std::tuple(a.records, a.bytes, b.uid);
  });
  return all;
}

}  // namespace respand::sockets
