#pragma once
// A journal with little room, whose reader leaves some records open, for the tests of compaction.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "journal/survey.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {

inline constexpr std::string_view kOrigin("\x01\x02\x00xy", 5);  // where a record of the spool came from
inline constexpr std::string_view kAccount(
    "\x02\x03\x00"
    "abc",
    6);  // what the ledger counts

inline Settings tight_settings(WhenFull policy = WhenFull::kBlock) {
  Settings settings = small_settings();
  settings.max_size = Bytes{4 * kSmallSegment};
  settings.when_full = policy;
  return settings;
}

// A journal whose reader leaves the records open that are put with `poison`, and acknowledges all others at once.
class PoisonReader {
 public:
  PoisonReader(fs::FileSystem& fs, const Settings& settings) : settings_(settings), life_(fs, settings) {}

  // Puts a record. Fails if it was not taken, or if the journal's files exceed the bound.
  testing::AssertionResult put(const std::string& payload, bool poison, std::string_view attributes = {}) {
    if (!life_.put({payload}, attributes)) {
      return testing::AssertionFailure() << "record " << number_ + 1
                                         << " is not taken: " << life_.journal->snapshot().issue;
    }
    ++number_;
    acknowledge(poison);
    while (life_.journal->step() <= life_.clock.mono()) {
    }
    const Snapshot now = life_.journal->snapshot();
    const std::uint64_t bound = 2 * now.open_bytes + 4 * settings_.segment_size.value;
    worst_ = std::max(worst_, static_cast<double>(now.file_bytes) / static_cast<double>(bound));
    return now.file_bytes <= bound ? testing::AssertionSuccess()
                                   : testing::AssertionFailure() << now.file_bytes << " bytes are held for "
                                                                 << now.open_bytes << " that are open";
  }
  void acknowledge_oldest() {
    done(open_.front());
    open_.pop_front();
  }
  [[nodiscard]] Life& life() { return life_; }
  [[nodiscard]] const std::deque<Ref>& open() const { return open_; }
  [[nodiscard]] double worst() const { return worst_; }
  [[nodiscard]] std::string read(const Ref& ref) {
    std::string payload;
    const Status read = life_.journal->reader().read(ref, payload);
    return read ? payload : cat("can't be read: ", read.error().message);
  }

 private:
  void acknowledge(bool poison) {
    for (Ref ref; life_.journal->reader().take(ref);) {
      if (poison) {
        open_.push_back(ref);
      } else {
        done(ref);
      }
    }
  }
  void done(const Ref& ref) {
    const Ack done{ref.sequence, ref.length};
    life_.journal->reader().acknowledge({&done, 1});
  }

  const Settings settings_;
  Life life_;
  std::deque<Ref> open_;
  std::uint64_t number_ = 0;
  double worst_ = 0;
};

inline std::string text_of(std::uint64_t number, std::size_t size) {
  std::string text = cat("record ", number, " ");
  text.resize(std::max(size, text.size()), static_cast<char>('a' + number % 26));
  return text;
}

class CompactionTest : public testing::Test {
 protected:
  // Puts one open record, and then so many segments of acknowledged ones that the open record must have been moved.
  void move_one(std::string_view attributes = {}, bool hold = false) {
    PoisonReader reader(fs_, tight_settings());
    if (hold) {
      static_cast<void>(reader.life().journal->retention().hold());
    }
    ASSERT_TRUE(reader.put(text_of(1, 300), true, attributes));
    for (std::uint64_t i = 2; i <= 60; ++i) {
      ASSERT_TRUE(reader.put(text_of(i, 700), false, attributes));
    }
    EXPECT_EQ(reader.read(reader.open().front()), text_of(1, 300)) << "through a reference from before";
    reader.life().journal->stop();
    fs_.crash_keeping_all();
  }
  [[nodiscard]] Survey survey_it() {
    auto found = survey(fs_, "/journal", {});
    EXPECT_TRUE(found);
    return std::move(*found);
  }

  fs::FaultFileSystem fs_;
};

}  // namespace respand::journal
