#pragma once
// A journal's tail in a test's hand: records are numbers, what is gone or can't be read is said by the test. One
// thread.

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "respand/journal/tailer.h"

namespace respand::ledger {

class FakeTailer final : public journal::JournalTailer {
 public:
  static constexpr std::uint64_t kJournal = 7;

  std::uint64_t journal() const noexcept override { return kJournal; }
  Sequence durable_end() const noexcept override { return end; }
  void attach_tailer(queue::Doorbell&, queue::Doorbell&) override { ++attached; }
  Sequence begin(Sequence from) override { return next = std::min(from > Sequence{} ? from : oldest, end); }
  Status read_on(std::size_t most, const std::function<void(const journal::TailedRecord&)>& visit,
                 journal::TailProgress& turn) override {
    turn = {.next = next, .gone = std::exchange(gone, 0)};
    for (std::size_t looked = 0; next < end && looked < most; ++looked) {
      if (unreadable && next >= *unreadable) {
        return error(ErrorCode::kIo, "for a test");
      }
      visit({next, received, attributes});
      turn.next = next = next.next();
    }
    turn.more = next < end;
    return {};
  }
  std::uint64_t skip_segment() override {
    const std::uint64_t skipped = end.value - next.value;
    next = end;
    unreadable.reset();
    return skipped;
  }
  void unpin(Sequence floor) noexcept override { needed_from = floor; }

  Sequence oldest{1};
  Sequence end{1};
  Sequence next{1};
  std::uint64_t gone = 0;              // said by the next read
  std::optional<Sequence> unreadable;  // from here on
  WallTime received{};
  std::string attributes;
  int attached = 0;
  Sequence needed_from{};
};

}  // namespace respand::ledger
