#include "delivery/give_up_handler.h"

#include <utility>

namespace respand::delivery {

void GiveUpHandler::step(MonoTime now) {
  const auto request = requests_.next(last_request_);
  if (!request) {
    return;
  }
  if (auto record = lanes_.take(request->sequence)) {
    dead_letter(std::move(*record), now);
  } else if (!in_flight_.give_up(request->sequence)) {
    requests_.not_here(*request);
  }
}

void GiveUpHandler::dead_letter(Record record, MonoTime now) {
  http::Answer answer;
  answer.failure = http::Failure::kBroken;
  answer.detail = "given up by hand";
  Envelope envelope;
  if (const Status read = bodies_.append_with_envelope(record, answer.payload, envelope); !read) {
    requests_.ended(record.ref.sequence, GiveUpRequests::End::kUnreadable);
    outcomes_.unreadable(std::move(record), read.error(), now);
    return;
  }
  record.by_hand = true;
  outcomes_.refuse(std::move(record), DeadLetterCause::kByHand, answer, std::move(envelope));
  outcomes_.flush(now);
}

}  // namespace respand::delivery
