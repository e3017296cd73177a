#include "ingest/elements.h"

#include <algorithm>

#include "respand/base/text.h"

namespace respand::ingest {
namespace {

// Work on the io thread before others get their turn: about 1 ms.
constexpr std::size_t kSliceBytes = 256 * 1024;
constexpr std::uint64_t kSliceElements = 2048;

}  // namespace

std::optional<record::Refusal> Elements::begin(std::string_view text) {
  const std::string_view content = record::without_byte_order_mark(text);
  framer_ = record::ElementFramer(max_record_);
  at_ = pending_ = 0;
  index_ = accepted_ = refused_ = refused_full_ = marks_ = 0;
  faults_.clear();
  single_ = content.substr(std::min(content.find_first_not_of(" \t\r\n"), content.size())).starts_with('{');
  record::ElementFramer look(max_record_);
  for (std::uint64_t elements = 0;;) {
    switch (look.next(text)) {
      case record::Frame::kComplete:
      case record::Frame::kTooLarge:
        if (++elements > kMost) {
          return record::Refusal{record::Reason::kTooLarge, look.offset(),
                                 cat("over the limit of ", kMost, " records in one array: hand it over in parts")};
        }
        continue;
      case record::Frame::kBroken:
        return look.refusal();
      case record::Frame::kNone:
        break;
    }
    if (look.finish() == record::Frame::kBroken) {
      return look.refusal();
    }
    return std::nullopt;
  }
}

std::string over_the_limit(Bytes max_record) {
  return cat("over socket.max_record (", to_text(max_record), "): it was not taken");
}

Need Elements::step(std::string_view text, Door& door, const Door::Origin& origin) {
  const std::size_t begin = at_;
  for (std::uint64_t n = 0;; ++n) {
    if (pending_ == 0) {
      if (n >= kSliceElements || at_ - begin >= kSliceBytes) {
        return Need::kTurn;
      }
      std::string_view input = text.substr(at_);
      const record::Frame frame = framer_.next(input);
      at_ = text.size() - input.size();
      if (frame == record::Frame::kTooLarge) {
        refuse({record::Reason::kTooLarge, 0, over_the_limit(max_record_)});
        origin.counters->received.add();
        origin.counters->rejected(record::Reason::kTooLarge);
        continue;
      }
      if (frame != record::Frame::kComplete) {
        return Need::kInput;  // The end; begin() has seen that nothing is broken.
      }
      pending_ = framer_.frame().size();
    }
    if (const Need need = take(text.substr(framer_.offset(), pending_), door, origin); need != Need::kInput) {
      return need;
    }
    pending_ = 0;
  }
}

Need Elements::take(std::string_view element, Door& door, const Door::Origin& origin) {
  if (!door.accepting()) {
    origin.counters->received.add();
    origin.counters->rejected_full.add();
    ++refused_full_;
    ++index_;
    return Need::kInput;
  }
  if (!door.admits(origin.client, element.size())) {
    return Need::kRoom;
  }
  const record::Checked checked = door.check(element);
  if (checked.ok) {
    if (door.append(origin, element, checked.facts)) {
      ++marks_;
    }
    ++accepted_;
    ++index_;
  } else {
    origin.counters->received.add();
    origin.counters->rejected(checked.refusal.reason);
    refuse(checked.refusal);
  }
  return Need::kInput;
}

void Elements::refuse(const record::Refusal& refusal) {
  if (faults_.size() < kDescribed) {
    faults_.push_back({index_, framer_.offset() + refusal.byte, refusal.message});
  }
  ++refused_;
  ++index_;
}

}  // namespace respand::ingest
