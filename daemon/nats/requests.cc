#include "nats/requests.h"

#include "respand/json/reader.h"

namespace respand::nats {

std::string Requests::begin(std::uint64_t id, MonoTime deadline) {
  const std::uint64_t token = next_++;
  waiting_.emplace(token, Waiting{id, deadline});
  by_time_.emplace(deadline, token);
  return inbox_ + std::to_string(token);
}

std::optional<std::uint64_t> Requests::take(std::string_view subject) {
  if (!subject.starts_with(inbox_)) {
    return std::nullopt;
  }
  const auto token = json::number_in<std::uint64_t>(subject.substr(inbox_.size()));
  const auto found = token ? waiting_.find(*token) : waiting_.end();
  if (found == waiting_.end()) {
    return std::nullopt;
  }
  const std::uint64_t id = found->second.id;
  by_time_.erase({found->second.deadline, *token});
  waiting_.erase(found);
  return id;
}

void Requests::end_first(ReplyResult why) {
  const auto found = waiting_.find(by_time_.begin()->second);
  ended_.push_back({found->second.id, why});
  by_time_.erase(by_time_.begin());
  waiting_.erase(found);
}

void Requests::break_all() {
  while (!by_time_.empty()) {
    end_first(ReplyResult::kBroken);
  }
}

std::vector<Requests::Ended> Requests::take_ended(MonoTime now) {
  while (!by_time_.empty() && by_time_.begin()->first <= now) {
    end_first(ReplyResult::kTimeout);
  }
  return std::exchange(ended_, {});
}

MonoTime Requests::due() const {
  if (!ended_.empty()) {
    return MonoTime::min();
  }
  return by_time_.empty() ? MonoTime::max() : by_time_.begin()->first;
}

}  // namespace respand::nats
