#pragma once
// Subscriptions: what a client is subscribed to, over all its connections. Used by NatsClient. Pure; one thread at a
// time.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace respand::nats {

class Subscriptions {
 public:
  // `first`: numbers begin here.
  explicit Subscriptions(std::uint64_t first) : next_(first) {}

  // Notes one and returns its number, which the server repeats with each message.
  std::uint64_t add(std::string_view subject, std::string_view queue_group);
  // False: there is no such one.
  bool remove(std::uint64_t sid) { return all_.erase(sid) > 0; }
  [[nodiscard]] bool contains(std::uint64_t sid) const { return all_.contains(sid); }
  // Appends the lines by which a new connection gets them all, or one of them. Requires: there is that one.
  void append_all(std::string& out) const;
  void append(std::uint64_t sid, std::string& out) const;

 private:
  struct Subscription {
    std::string subject;
    std::string queue_group;
  };
  std::map<std::uint64_t, Subscription> all_;
  std::uint64_t next_;
};

}  // namespace respand::nats
