#include "sockets/line_acks.h"

#include <algorithm>

#include "sockets/answers.h"
#include "sockets/elements.h"
#include "sockets/protocol.h"

namespace respand::sockets {

void LineAcks::committed(const PendingAck& pending, journal::CommitResult outcome) {
  --pending_;
  switch (outcome) {
    case journal::CommitResult::kDurable:
      if (numbered_) {
        numbers_.push_back({pending.first, pending.sequence, pending.records});
      }
      break;
    case journal::CommitResult::kFull:
      note_full(pending);
      break;
    case journal::CommitResult::kStopped:
      stopped_ = true;
      break;
  }
  if (!stopped_) {
    committed_ = std::max(committed_, pending.through);
  }
}

// Notes the lines as refused. An array line whose records are spread over several batches is named once.
void LineAcks::note_full(const PendingAck& pending) {
  if (pending.last <= full_through_) {
    return;
  }
  const std::uint64_t first = std::max(pending.first, full_through_ + 1);
  if (!full_.empty() && full_.back().last + 1 == first) {
    full_.back().last = pending.last;
  } else {
    full_.push_back({first, pending.last});
  }
  full_through_ = pending.last;
}

// Refusals and numbers go first: {"durable":N} says that everything about the first N lines has been said.
void LineAcks::answer(std::string& out, std::uint64_t lines, bool in_line, bool ended) {
  if (!asked_) {
    return;
  }
  while (!full_.empty() && out.size() < kOutputLimit) {
    Run& run = full_.front();
    put_line_error(out, run.first, kFullMessage);
    if (run.first++ == run.last) {
      full_.pop_front();
    }
  }
  while (!numbers_.empty() && out.size() < kOutputLimit) {
    put_numbers(out, numbers_.front().line, numbers_.front().sequence.value, numbers_.front().records);
    numbers_.pop_front();
  }
  if (!full_.empty() || !numbers_.empty() || stopped_) {
    return;
  }
  if (pending_ == 0 && !in_line) {
    committed_ = lines;
  }
  const bool last_word = ended && pending_ == 0 && !answered_;
  if (committed_ > told_ || last_word) {
    put_durable(out, committed_);
    told_ = committed_;
    answered_ = true;
  }
}

bool LineAcks::can_leave() const { return !stopped_ && pending_ == 0 && !numbered_ && full_.size() <= kMostRuns; }

void LineAcks::leave(ConnectionState& connection_state) const {
  connection_state.acks = asked_;
  connection_state.told = told_;
  connection_state.refused.assign(full_.begin(), full_.end());
}

void LineAcks::resume(const ConnectionState& connection_state) {
  asked_ = connection_state.acks;
  committed_ = connection_state.lines;
  told_ = connection_state.told;
  full_.assign(connection_state.refused.begin(), connection_state.refused.end());
  full_through_ = full_.empty() ? 0 : full_.back().last;
}

}  // namespace respand::sockets
