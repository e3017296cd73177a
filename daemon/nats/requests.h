#pragma once
// Requests: those that wait for their answer, by the reply subject that each was given, and when each gives up. Used by
// NatsClient. Pure; one thread at a time.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "respand/base/units.h"

namespace respand::nats {

class Requests {
 public:
  // `inbox`: what the reply subjects begin with, without a dot at its end.
  explicit Requests(std::string inbox) : inbox_(std::move(inbox) + '.') {}

  // What to subscribe to for all answers.
  [[nodiscard]] std::string subject() const { return inbox_ + '*'; }
  // Notes a request and returns its reply subject.
  [[nodiscard]] std::string begin(std::uint64_t id, MonoTime deadline);
  // The request whose answer came to this subject, which is over now; none: it was over already.
  [[nodiscard]] std::optional<std::uint64_t> take(std::string_view subject);
  // A request whose time has come, which is over now.
  [[nodiscard]] std::optional<std::uint64_t> take_expired(MonoTime now);
  // All of them, in the order in which they give up; they are over now.
  [[nodiscard]] std::vector<std::uint64_t> take_all();
  // When the first one gives up.
  [[nodiscard]] MonoTime due() const { return by_time_.empty() ? MonoTime::max() : by_time_.begin()->first; }
  [[nodiscard]] bool empty() const { return by_time_.empty(); }

 private:
  struct Waiting {
    std::uint64_t id = 0;
    MonoTime deadline{};
  };
  std::string inbox_;
  std::uint64_t next_ = 1;  // the last part of the reply subject
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::set<std::pair<MonoTime, std::uint64_t>> by_time_;
};

}  // namespace respand::nats
