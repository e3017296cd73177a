#pragma once
// A journal's reader in memory, for tests with threads: publish() stands for the journal's thread. Checks that each
// record is acknowledged once.

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "respand/base/mutex.h"
#include "respand/base/text.h"
#include "respand/journal/reader.h"

namespace respand::delivery {

class SharedOutlet final : public journal::JournalReader {
 public:
  void add_reader(queue::Doorbell& records, queue::Doorbell&) override { bells_.push_back(&records); }
  bool take(journal::Ref& out) noexcept override {
    return state_.with([&](State& state) {
      if (state.waiting.empty()) {
        return false;
      }
      out = state.waiting.front();
      state.waiting.pop_front();
      return true;
    });
  }
  Status append(const journal::Ref& ref, std::string& text) const override {
    text += cat("{\"n\":", ref.sequence.value, "}");
    return {};
  }
  std::uint64_t acknowledge(std::span<const journal::Ack> done) override {
    return state_.with([&](State& state) {
      for (const journal::Ack& one : done) {
        EXPECT_TRUE(state.acknowledged.insert(one.sequence.value).second);
      }
      acknowledged_ = state.acknowledged.size();
      acknowledged_.notify_all();
      return done.size();
    });
  }
  bool rest_is_readable(const journal::Ref&) const override { return true; }
  void lost(const journal::Ref&, std::string_view) override { ADD_FAILURE(); }

  // Called on another thread than the workers', like the journal's.
  void publish(std::uint64_t count) {
    for (; count > 0; --count) {
      state_.with([&](State& state) {
        journal::Ref ref;
        ref.sequence = Sequence{++state.last};
        ref.length = 32;
        state.waiting.push_back(ref);
      });
      bells_[next_++ % bells_.size()]->ring();
    }
  }
  void wait_for(std::size_t acknowledged) const {
    for (std::size_t now = acknowledged_; now < acknowledged; now = acknowledged_) {
      acknowledged_.wait(now);
    }
  }
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_; }

 private:
  struct State {
    std::deque<journal::Ref> waiting;
    std::set<std::uint64_t> acknowledged;
    std::uint64_t last = 0;
  };
  std::vector<queue::Doorbell*> bells_;
  std::size_t next_ = 0;
  LockGuarded<State> state_;
  std::atomic<std::size_t> acknowledged_ = 0;
};

}  // namespace respand::delivery
