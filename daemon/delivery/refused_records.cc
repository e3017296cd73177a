#include "delivery/refused_records.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace respand::delivery {

void RefusedRecords::add(Record record, DeadLetterCause cause, std::string_view key, http::Answer& answer,
                         Envelope envelope) {
  const bool answered = answer.failure == http::Failure::kNone;
  letters_.push_back({record.ref.sequence, cause, answer.status, std::move(answered ? answer.body : answer.detail),
                      record.attempts, std::move(answer.payload), std::move(answer.message), record.ref.route,
                      envelope.protobuf, std::string(key), std::move(envelope.query), std::move(envelope.headers)});
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

// The records of each reason are acknowledged together, so that the counter of the reason grows by those that were not
// acknowledged before. Nearly always there is only one reason.
void RefusedRecords::acknowledge() {
  std::vector<std::size_t> left(letters_.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = i;
  }
  while (!left.empty()) {
    const DeadLetter& first = letters_[left.front()];
    const auto others = std::stable_partition(left.begin(), left.end(), [&](std::size_t i) {
      return letters_[i].cause == first.cause &&
             (first.cause != DeadLetterCause::kRefused || letters_[i].status == first.status);
    });
    for (auto i = left.begin(); i != others; ++i) {
      stuck_.ended(records_[*i]);
      acks_.push_back({records_[*i].ref.sequence, records_[*i].ref.length});
    }
    counters_.dead_lettered(reason_of(first.cause, first.status), journal_.acknowledge(acks_));
    acks_.clear();
    left.erase(left.begin(), others);
  }
}

}  // namespace respand::delivery
