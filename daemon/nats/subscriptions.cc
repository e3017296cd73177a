#include "nats/subscriptions.h"

#include "nats/commands.h"

namespace respand::nats {

std::uint64_t Subscriptions::add(std::string_view subject, std::string_view queue_group) {
  all_.emplace(next_, Subscription{std::string(subject), std::string(queue_group)});
  return next_++;
}

void Subscriptions::append(std::uint64_t sid, std::string& out) const {
  const Subscription& one = all_.at(sid);
  append_subscribe(out, one.subject, one.queue_group, sid);
}

void Subscriptions::append_all(std::string& out) const {
  for (const auto& [sid, one] : all_) {
    append_subscribe(out, one.subject, one.queue_group, sid);
  }
}

}  // namespace respand::nats
