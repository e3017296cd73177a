#include "nats/server_list.h"

#include <algorithm>

#include "respand/base/lookup.h"

namespace respand::nats {
namespace {

// A server that says that it will stop is left alone for about as long as a restart takes.
constexpr Duration kLameDuck = std::chrono::seconds{30};

}  // namespace

ServerList::ServerList(const std::vector<std::string>& servers, Random& random) : random_(&random) {
  for (const std::string& text : servers) {
    auto address = parse_address(text);
    if (!address) {
      error_ = address.error().message;
    } else if (!holds(*address)) {
      entries_.push_back({std::move(*address), true});
    }
  }
  if (!entries_.empty()) {
    error_.clear();
    current_ = random_->below(entries_.size());
  } else if (error_.empty()) {
    error_ = "no server is named";
  }
}

bool ServerList::holds(const Address& address) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.address.host == address.host && entry.address.port == address.port;
  });
}

MonoTime ServerList::due() const {
  MonoTime first = MonoTime::max();
  for (const Entry& entry : entries_) {
    first = std::min(first, entry.due);
  }
  return first;
}

std::optional<Server> ServerList::take(MonoTime now) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t place = (current_ + i) % entries_.size();
    if (entries_[place].due > now) {
      continue;
    }
    current_ = place;
    Server server{entries_[place].address, {}};
    if (!entries_[place].configured) {
      for (const Entry& entry : entries_) {
        if (entry.configured && !is_ip_address(entry.address.host)) {
          server.other_names.push_back(entry.address.host);
        }
      }
    }
    return server;
  }
  return std::nullopt;
}

void ServerList::failed(MonoTime now, Duration lived) {
  Entry& entry = entries_[current_];
  entry.failures = lived >= kShortLife ? 1 : entry.failures + 1;
  const Duration most = std::min(kLongestWait, kFirstWait * (1U << std::min(entry.failures - 1, 10U)));
  // Half of it at least, so that a server is not asked at once again and again.
  entry.due =
      now + most / 2 + Duration{static_cast<Duration::rep>(random_->unit() * static_cast<double>(most.count() / 2))};
  current_ = (current_ + 1) % entries_.size();
}

bool ServerList::leave(MonoTime now) {
  if (entries_.size() < 2) {
    return false;
  }
  entries_[current_].due = now + kLameDuck;
  current_ = (current_ + 1) % entries_.size();
  return true;
}

void ServerList::learn(const std::vector<std::string>& urls) {
  if (urls.empty()) {
    return;
  }
  std::vector<Address> named;
  for (const std::string& url : urls) {
    if (auto address = parse_address(url); address && address->user.empty()) {
      named.push_back(std::move(*address));
    }
  }
  // The current server stays, whether it is named or not, and so do all of the configuration.
  std::vector<Entry> kept;
  std::size_t current = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool again = std::any_of(named.begin(), named.end(), [&](const Address& address) {
      return address.host == entries_[i].address.host && address.port == entries_[i].address.port;
    });
    if (entries_[i].configured || again || i == current_) {
      current = i == current_ ? kept.size() : current;
      kept.push_back(std::move(entries_[i]));
    }
  }
  entries_ = std::move(kept);
  current_ = current;
  for (Address& address : named) {
    if (!holds(address)) {
      // It is spoken to as the configured ones are: as safely, and as the same user.
      const auto like =
          std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.configured; });
      address.tls = like->address.tls;
      address.user = like->address.user;
      address.password = like->address.password;
      address.has_password = like->address.has_password;
      entries_.push_back({std::move(address), false});
    }
  }
}

}  // namespace respand::nats
