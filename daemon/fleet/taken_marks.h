#pragma once
// TakenMarks: how far relays have come, in places of the files of kept messages. A work queue lets go of a message once
// a relay has acknowledged it, which is when the relay's journal has its records durable. So where the first message of
// the stream is behind all that the stream had when a mark was set, all that was kept before the mark is with relays.
// Sequences of one stream only: a loss ends them. The edge's thread.

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace respand::fleet {

// A place in the files of kept messages.
struct KeptPlace {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  friend auto operator<=>(const KeptPlace&, const KeptPlace&) = default;
};

class TakenMarks {
 public:
  // One is set each time that the stream says what it holds (StreamWatch::kInterval): this many are a day of a stream
  // that no relay reads. Behind them the last one stands for all.
  static constexpr std::size_t kMost = 8192;

  // The stream has acknowledged a message under this sequence.
  void acknowledged(std::uint64_t sequence) { highest_ = std::max(highest_, sequence); }
  // All that was kept before `place` has sequences up to `last`, or up to those of acknowledged().
  void set(std::uint64_t last, KeptPlace place) {
    const Mark mark{std::max(last, highest_), place};
    if (!marks_.empty() && (marks_.back().place == place || marks_.size() >= kMost)) {
      marks_.back() = marks_.back().place == place ? marks_.back() : mark;
      return;
    }
    marks_.push_back(mark);
  }
  // The place before which all is with relays, where the stream's first message has this sequence; nothing: no news.
  [[nodiscard]] std::optional<KeptPlace> reached(std::uint64_t first) {
    std::optional<KeptPlace> place;
    for (; !marks_.empty() && marks_.front().sequence < first; marks_.pop_front()) {
      place = marks_.front().place;
    }
    return place;
  }
  void clear() {
    marks_.clear();
    highest_ = 0;
  }

 private:
  struct Mark {
    std::uint64_t sequence = 0;
    KeptPlace place;
  };
  std::deque<Mark> marks_;
  std::uint64_t highest_ = 0;
};

}  // namespace respand::fleet
