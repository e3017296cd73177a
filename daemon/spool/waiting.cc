#include "spool/waiting.h"

#include <algorithm>

#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {

std::string_view name_of(SpoolWait why) {
  switch (why) {
    case SpoolWait::kQueued:
      return "queued";
    case SpoolWait::kOpen:
      return "open";
    case SpoolWait::kUnreadable:
      return "unreadable";
    case SpoolWait::kSuffix:
      return "suffix";
    case SpoolWait::kNotRegular:
      return "not_regular";
    case SpoolWait::kLinked:
      return "linked";
    case SpoolWait::kFailed:
      return "failed";
    case SpoolWait::kNotRemovable:
      return "not_removable";
    case SpoolWait::kRejected:
      return "rejected";
  }
  return {};
}

std::string_view words_of(SpoolWait why) {
  switch (why) {
    case SpoolWait::kQueued:
      return "to be read";
    case SpoolWait::kOpen:
      return "open for writing";
    case SpoolWait::kUnreadable:
      return "not readable";
    case SpoolWait::kSuffix:
      return "with no known suffix";
    case SpoolWait::kNotRegular:
      return "no regular file";
    case SpoolWait::kLinked:
      return "with other names (hard links)";
    case SpoolWait::kFailed:
      return "not read, for it fails";
    case SpoolWait::kNotRemovable:
      return "taken, but not removable";
    case SpoolWait::kRejected:
      return "taken, but the refused lines have no place";
  }
  return {};
}

std::uint64_t SpoolWaiters::files() const {
  std::uint64_t all = 0;
  for (const Kind& kind : kinds) {
    all += kind.files;
  }
  return all;
}

const SpoolWaiters::Kind* SpoolWaiters::oldest() const {
  const Kind* oldest = nullptr;
  for (const Kind& kind : kinds) {
    if (!kind.name.empty() && (oldest == nullptr || kind.since < oldest->since)) {
      oldest = &kind;
    }
  }
  return oldest;
}

Duration SpoolWaiters::oldest_age(WallTime now) const {
  const Kind* const kind = oldest();
  return kind != nullptr ? std::max(Duration{0}, now - kind->since) : Duration{0};
}

std::string SpoolWaiters::text() const {
  std::string text;
  for (std::size_t i = static_cast<std::size_t>(SpoolWait::kQueued) + 1; i < kSpoolWaits; ++i) {
    if (const Kind& kind = kinds[i]; kind.files > 0) {
      text += cat(text.empty() ? "" : ", ", kind.files, " ", words_of(static_cast<SpoolWait>(i)), " (",
                  printable(kind.name, 100), kind.files > 1 ? ", …)" : ")");
    }
  }
  return text;
}

void SpoolWaiting::insert(const std::string& name, const Entry& entry) {
  changed_ = true;
  if (names_.size() >= kMaxNames) {
    ++more_listed_[static_cast<std::size_t>(entry.why)];
    return;
  }
  names_.emplace(name, entry);
  order_of(entry.why).emplace(entry.since, name);
}

SpoolWaiting::Names::iterator SpoolWaiting::erase(Names::iterator place) {
  changed_ = true;
  order_of(place->second.why).erase({place->second.since, place->first});
  return names_.erase(place);
}

void SpoolWaiting::note(const std::string& name, SpoolWait why, WallTime since) {
  const auto place = names_.find(name);
  if (place == names_.end()) {
    insert(name, {why, since, listing_});
    return;
  }
  place->second.listing = listing_;
  if (place->second.why != why) {
    const Entry known = place->second;
    erase(place);
    insert(name, {why, std::min(known.since, since), listing_});
  }
}

void SpoolWaiting::listed(const std::string& name, WallTime since) {
  if (const auto place = names_.find(name); place != names_.end()) {
    place->second.listing = listing_;
  } else {
    insert(name, {SpoolWait::kQueued, since, listing_});
  }
}

void SpoolWaiting::renamed(const std::string& from, const std::string& to) {
  if (const auto place = names_.find(from); place != names_.end()) {
    const Entry entry = place->second;
    erase(place);
    insert(to, entry);
  }
}

void SpoolWaiting::forget(const std::string& name) {
  if (const auto place = names_.find(name); place != names_.end()) {
    erase(place);
  }
}

void SpoolWaiting::end_listing() {
  for (auto place = names_.begin(); place != names_.end();) {
    place = place->second.listing == listing_ ? std::next(place) : erase(place);
  }
  changed_ = changed_ || more_ != more_listed_;
  more_ = more_listed_;
  more_listed_ = {};
}

SpoolWaiters SpoolWaiting::look() const {
  SpoolWaiters waiters;
  for (std::size_t i = 0; i < kSpoolWaits; ++i) {
    SpoolWaiters::Kind& kind = waiters.kinds[i];
    kind.files = orders_[i].size() + more_[i];
    if (!orders_[i].empty()) {
      kind.since = orders_[i].begin()->first;
      kind.name = writers_name(orders_[i].begin()->second);
    }
  }
  return waiters;
}

}  // namespace respand::spool
