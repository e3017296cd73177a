// Records of a kind that a later version wrote. If they are in the newest segment, a start is refused; in an older one
// they stay where they are, while all others are delivered.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal/acknowledgements.h"
#include "journal/format.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {
namespace {

using testing::HasSubstr;

class UnknownKind : public testing::Test {
 protected:
  static constexpr std::uint8_t kLater = 77;
  static constexpr std::uint64_t kUnknown = 2;
  static constexpr std::uint64_t kRecords = 12;

  static std::string payload(std::uint64_t number) { return cat(number, " ", std::string(900, 'x')); }

  // A record of that kind among others, and `behind` records after it.
  void write(std::uint64_t behind) {
    Life life(fs_);
    ASSERT_TRUE(life.put({payload(1)}));
    auto batch = std::make_unique<Batch>(life.producer, 4096);
    const std::string text = payload(kUnknown);
    text.copy(batch->begin(Kind{kLater}, life.clock.wall(), {}, text.size()), text.size());
    batch->end(text.size());
    ASSERT_TRUE(life.journal->writer().offer(batch));
    static_cast<void>(life.journal->step());
    for (std::uint64_t number = kUnknown + 1; number <= kUnknown + behind; ++number) {
      ASSERT_TRUE(life.put({payload(number)}));
    }
    life.journal->stop();
  }

  fs::FaultFileSystem fs_;
  const std::string first_ = "/journal/" + segment_name({SegmentId{1}, Sequence{1}});
};

TEST_F(UnknownKind, InTheNewestSegmentAStartIsRefused) {
  ASSERT_NO_FATAL_FAILURE(write(1));
  const std::uint64_t before = fs_.fingerprint();
  Life life(fs_);
  ASSERT_TRUE(life.failure);
  EXPECT_EQ(life.failure->code, ErrorCode::kUnsupported);
  EXPECT_THAT(life.failure->message, HasSubstr(cat("kind ", kLater)));
  EXPECT_THAT(life.failure->message, HasSubstr("use the version that wrote it"));
  EXPECT_EQ(fs_.fingerprint(), before) << "something was changed";
}

TEST_F(UnknownKind, InAnOlderSegmentItIsPassedOverKeptAndSaid) {
  ASSERT_NO_FATAL_FAILURE(write(kRecords - kUnknown));
  for (int start = 0; start < 2; ++start) {
    testing::internal::CaptureStderr();
    Life life(fs_);
    ASSERT_FALSE(life.failure) << life.failure->message;
    const auto taken = life.take_all();
    EXPECT_EQ(taken.size(), start == 0 ? kRecords - 1 : 0);
    EXPECT_FALSE(taken.contains(kUnknown));
    for (const auto& [sequence, text] : taken) {
      EXPECT_EQ(text, payload(sequence));
      life.acknowledge(sequence);
    }
    for (int turn = 0; turn < 3; ++turn) {
      life.clock.advance(Acknowledgements::kCursorDelay);
      static_cast<void>(life.journal->step());
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("a record of a kind that this respand does not know waits in the journal"));
    EXPECT_THAT(said, HasSubstr("sequence=2"));
    EXPECT_THAT(said, HasSubstr("segment=1"));
    const Snapshot books = life.journal->snapshot();
    EXPECT_EQ(books.backlog_records, 1U) << "neither acknowledged nor dropped";
    EXPECT_EQ(books.backlog_bytes, payload(kUnknown).size());
    EXPECT_EQ(dropped_counter(life, "damaged"), 0);
    EXPECT_NE(fs_.content(first_).find(payload(kUnknown)), std::string::npos) << "its segment is gone";
    EXPECT_TRUE(life.journal->oldest());
    life.journal->stop();
  }
}

// The operator has to free the room of its segment, with the version that wrote it. Until then the segment counts
// against the limit, and only drop_oldest removes it.
TEST_F(UnknownKind, ItsSegmentCountsForTheLimit) {
  ASSERT_NO_FATAL_FAILURE(write(kRecords - kUnknown));
  Settings settings = small_settings();
  settings.max_size = Bytes{4 * kSmallSegment};
  settings.when_full = WhenFull::kDropOldest;
  Life life(fs_, settings);
  ASSERT_FALSE(life.failure) << life.failure->message;
  for (std::uint64_t number = 0; number < 30; ++number) {
    life.offer({payload(number)});
    for (int turn = 0; turn < 3; ++turn) {
      static_cast<void>(life.journal->step());
    }
  }
  EXPECT_EQ(life.producer.durable_records, 30U);
  EXPECT_GT(dropped_counter(life, "journal_full"), 0);
  EXPECT_EQ(static_cast<double>(life.journal->snapshot().backlog_records) + dropped_counter(life, "journal_full"),
            static_cast<double>(kRecords + 30));
}

}  // namespace
}  // namespace respand::journal
