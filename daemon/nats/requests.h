#pragma once
// Requests: those that wait for their answer, by the reply subject that each was given, when each gives up, and those
// that ended without a message. Used by NatsClient. Pure; one thread at a time.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "respand/base/units.h"
#include "respand/nats/client.h"

namespace respand::nats {

class Requests {
 public:
  // A request that ended without a message.
  struct Ended {
    std::uint64_t id = 0;
    ReplyResult result = ReplyResult::kBroken;
    friend bool operator==(const Ended&, const Ended&) = default;
  };

  // `inbox`: what the reply subjects begin with, without a dot at its end.
  explicit Requests(std::string inbox) : inbox_(std::move(inbox) + '.') {}

  // What to subscribe to for all answers.
  [[nodiscard]] std::string subject() const { return inbox_ + '*'; }
  // Notes a request and returns its reply subject.
  [[nodiscard]] std::string begin(std::uint64_t id, MonoTime deadline);
  // Notes one that could not be sent.
  void refuse(std::uint64_t id, ReplyResult why) { ended_.push_back({id, why}); }
  // The request whose answer came to this subject, which is over now; none: it was over already.
  [[nodiscard]] std::optional<std::uint64_t> take(std::string_view subject);
  // The connection broke: all that wait have ended.
  void break_all();
  // Those that have ended, by their deadline too, since this was asked last.
  [[nodiscard]] std::vector<Ended> take_ended(MonoTime now);

  // When take_ended() has something; MonoTime::min(): it has.
  [[nodiscard]] MonoTime due() const;
  // Whether none waits for an answer.
  [[nodiscard]] bool empty() const { return by_time_.empty(); }

 private:
  struct Waiting {
    std::uint64_t id = 0;
    MonoTime deadline{};
  };
  void end_first(ReplyResult why);

  std::string inbox_;
  std::uint64_t next_ = 1;  // the last part of the reply subject
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::set<std::pair<MonoTime, std::uint64_t>> by_time_;
  std::vector<Ended> ended_;
};

}  // namespace respand::nats
