#include "sockets/elements.h"

#include <algorithm>
#include <utility>

#include "respand/base/text.h"
#include "sockets/wrapping.h"

namespace respand::sockets {
namespace {

// How much is worked on before other work of the loop gets its turn: about 1 ms.
constexpr std::size_t kSliceBytes = 256 * 1024;
constexpr std::uint64_t kSliceElements = 2048;

record::Refusal too_many(std::uint64_t byte) {
  return {record::Reason::kTooLarge, byte,
          cat("over the limit of ", Elements::kMost, " records in one array: hand it over in parts")};
}

// Whether the text was refused because an object ends and something follows on a later line: it may be a record a line.
bool has_lines(std::string_view text, const record::Refusal& refusal) {
  if (refusal.byte == 0 || refusal.byte >= text.size()) {
    return false;
  }
  const std::size_t object = text.find_last_not_of(" \t\r\n", refusal.byte - 1);
  return object != std::string_view::npos && text[object] == '}' &&
         text.substr(object, refusal.byte - object).find('\n') != std::string_view::npos;
}

}  // namespace

std::optional<record::Refusal> Elements::begin(std::string_view text, Form form) {
  framer_ = record::ElementFramer(max_record_);
  begin_ = at_ = pending_ = 0;
  end_ = text.size();
  index_ = accepted_ = refused_ = refused_full_ = pending_acks_ = 0;
  faults_.clear();
  refused_indexes_.clear();
  lines_ = false;
  const Wrapped wrapped = look_at_wrapping(text, form);
  if (wrapped.refusal) {
    return wrapped.refusal;
  }
  single_ = wrapped.single;
  whole_ = form == Form::kOtlp;
  element_at_ = 0;
  if (whole_) {
    return std::nullopt;
  }
  begin_ = at_ = wrapped.begin;
  end_ = wrapped.end;
  auto refusal = look_through(text);
  if (refusal && single_ && form == Form::kRecords && has_lines(text, *refusal)) {
    lines_ = true;
    refusal = look_through_lines(text);
  }
  return refusal;
}

std::optional<record::Refusal> Elements::look_through(std::string_view text) {
  text = text.substr(begin_, end_ - begin_);
  record::ElementFramer look(max_record_);
  const auto within = [this](record::Refusal refusal) {
    refusal.byte += begin_;
    return refusal;
  };
  for (std::uint64_t elements = 0;;) {
    switch (look.next(text)) {
      case record::Frame::kComplete:
      case record::Frame::kTooLarge:
        if (++elements > kMost) {
          return within(too_many(look.offset()));
        }
        continue;
      case record::Frame::kBroken:
        return within(look.refusal());
      case record::Frame::kNone:
        break;
    }
    if (look.finish() == record::Frame::kBroken) {
      return within(look.refusal());
    }
    return std::nullopt;
  }
}

std::optional<record::Refusal> Elements::look_through_lines(std::string_view text) {
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  return lines > kMost ? std::optional(too_many(0)) : std::nullopt;
}

// Frames the next element of the text.
record::Frame Elements::next(std::string_view text) {
  if (lines_) {
    return next_line(text);
  }
  if (whole_) {
    pending_ = end_ - std::exchange(at_, end_);
    return pending_ > 0 ? record::Frame::kComplete : record::Frame::kNone;
  }
  std::string_view input = text.substr(at_, end_ - at_);
  const std::size_t before = input.size();
  const record::Frame frame = framer_.next(input);
  at_ += before - input.size();
  element_at_ = begin_ + framer_.offset();
  pending_ = frame == record::Frame::kComplete ? framer_.frame().size() : 0;
  return frame;
}

// Frames the next line that is not blank.
record::Frame Elements::next_line(std::string_view text) {
  while (at_ < end_) {
    const std::size_t end = std::min(text.find('\n', at_), end_);
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n", at_), end_);
    at_ = std::min(end + 1, end_);
    if (begin >= end) {
      continue;
    }
    element_at_ = begin;
    pending_ = text.find_last_not_of(" \t\r", end - 1) + 1 - begin;
    if (pending_ > max_record_.value) {
      pending_ = 0;
      return record::Frame::kTooLarge;
    }
    return record::Frame::kComplete;
  }
  return record::Frame::kNone;
}

std::string over_the_limit(Bytes max_record) {
  return cat("over socket.max_record (", to_text(max_record), "): it was not taken");
}

WaitFor Elements::step(std::string_view text, BatchingProducer& producer, const BatchingProducer::Origin& origin) {
  const std::size_t begin = at_;
  for (std::uint64_t n = 0;; ++n) {
    if (pending_ == 0) {
      if (n >= kSliceElements || at_ - begin >= kSliceBytes) {
        return WaitFor::kTurn;
      }
      const record::Frame frame = next(text);
      if (frame == record::Frame::kTooLarge) {
        refuse({record::Reason::kTooLarge, 0, over_the_limit(max_record_)});
        origin.counters->received.add();
        origin.counters->rejected(record::Reason::kTooLarge);
        continue;
      }
      if (frame != record::Frame::kComplete) {
        return WaitFor::kInput;  // This is the end: begin() has made sure that nothing is broken.
      }
    }
    if (const WaitFor waits_for = take(text.substr(element_at_, pending_), producer, origin);
        waits_for != WaitFor::kInput) {
      return waits_for;
    }
    pending_ = 0;
  }
}

WaitFor Elements::take(std::string_view element, BatchingProducer& producer, const BatchingProducer::Origin& origin) {
  using Result = BatchingProducer::Submission::Result;
  const BatchingProducer::Submission submission = producer.submit(origin, element);
  switch (submission.result) {
    case Result::kWait:
      return WaitFor::kRoom;
    case Result::kTaken:
      pending_acks_ += submission.opens_ack ? 1 : 0;
      ++accepted_;
      ++index_;
      break;
    case Result::kFull:
      ++refused_full_;
      ++index_;
      break;
    case Result::kRefused:
      refuse(submission.refusal);
      break;
  }
  return WaitFor::kInput;
}

void Elements::refuse(const record::Refusal& refusal) {
  if (faults_.size() < kDescribed) {
    faults_.push_back({index_, element_at_ + refusal.byte, refusal.message, refusal.reason});
  }
  refused_indexes_.push_back(static_cast<std::uint32_t>(index_));
  ++refused_;
  ++index_;
}

}  // namespace respand::sockets
