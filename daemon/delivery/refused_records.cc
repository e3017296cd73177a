#include "delivery/refused_records.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace respand::delivery {

void RefusedRecords::add(Record record, std::string reason, std::string_view key, http::Answer& answer,
                         Envelope envelope) {
  const bool answered = answer.failure == http::Failure::kNone;
  letters_.push_back({record.ref.sequence, std::move(reason), answer.status,
                      std::move(answered ? answer.body : answer.detail), record.attempts, std::move(answer.payload),
                      std::move(answer.message), record.ref.route, envelope.protobuf, std::string(key),
                      std::move(envelope.query), std::move(envelope.headers)});
  answer.payload.clear();
  records_.push_back(std::move(record));
}

std::vector<Record> RefusedRecords::write() {
  const bool written = dead_letters_.append(letters_).has_value();
  for (const Record& record : records_) {
    if (record.by_hand) {
      give_ups_.ended(record.ref.sequence, written ? GiveUpRequests::End::kPutAside : GiveUpRequests::End::kUnwritable);
    }
  }
  if (written) {
    acknowledge();
    records_.clear();
  }
  for (DeadLetter& letter : letters_) {
    payloads_.recycle(std::move(letter.record));
  }
  letters_.clear();
  return std::exchange(records_, {});
}

// Acknowledges the records of each reason with one call, because the call returns how many were new, and the metric
// counts those by reason. Nearly always there is one reason.
void RefusedRecords::acknowledge() {
  std::vector<std::size_t> left(letters_.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = i;
  }
  while (!left.empty()) {
    const std::string& reason = letters_[left.front()].reason;
    const auto others =
        std::stable_partition(left.begin(), left.end(), [&](std::size_t i) { return letters_[i].reason == reason; });
    for (auto i = left.begin(); i != others; ++i) {
      stuck_.ended(records_[*i]);
      acks_.push_back({records_[*i].ref.sequence, records_[*i].ref.length});
    }
    counters_.dead_lettered(reason, journal_.acknowledge(acks_));
    acks_.clear();
    left.erase(left.begin(), others);
  }
}

}  // namespace respand::delivery
