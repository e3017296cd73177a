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

std::optional<std::uint64_t> Requests::take_expired(MonoTime now) {
  if (due() > now || by_time_.empty()) {
    return std::nullopt;
  }
  const auto found = waiting_.find(by_time_.begin()->second);
  const std::uint64_t id = found->second.id;
  by_time_.erase(by_time_.begin());
  waiting_.erase(found);
  return id;
}

std::vector<std::uint64_t> Requests::take_all() {
  std::vector<std::uint64_t> ids;
  for (const auto& [deadline, token] : by_time_) {
    ids.push_back(waiting_.find(token)->second.id);
  }
  by_time_.clear();
  waiting_.clear();
  return ids;
}

}  // namespace respand::nats
