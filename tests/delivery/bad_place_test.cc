// A worker and a journal on a disk with a bad place: the record there is tried for a quarter of an hour, then it is
// counted as dropped and its segment is recycled. All others are delivered meanwhile.
#include <gtest/gtest.h>

#include "journal/acknowledgements.h"
#include "journal/format.h"
#include "tests/journal/bench_of_records.h"
#include "world.h"

namespace respand::delivery {
namespace {

using journal::Life;

class BadPlace : public testing::Test {
 protected:
  static constexpr std::uint64_t kRecords = 12;  // some in each of three segments
  static constexpr std::uint64_t kHit = 3;

  static std::string payload(std::uint64_t number) {
    std::string text = FakeOutlet::payload_of(number);
    text.resize(700, ' ');
    return text;
  }
  static std::string first_segment() { return "/journal/" + journal::segment_name({SegmentId{1}, Sequence{1}}); }

  void SetUp() override {
    for (std::uint64_t number = 1; number <= kRecords; ++number) {
      ASSERT_TRUE(life_.put({payload(number)}));
    }
    const std::size_t place = disk_.content(first_segment()).find(payload(kHit));
    ASSERT_NE(place, std::string::npos);
    disk_.make_unreadable(first_segment(), place + 100, 8);
  }

  void run_for(Duration span) {
    const MonoTime end = life_.clock.mono() + span;
    client_->stop_at = end;
    while (life_.clock.mono() < end && life_.journal->snapshot().backlog_records > 0) {
      worker_.step();
      static_cast<void>(life_.journal->step());
    }
  }

  fs::FaultFileSystem disk_;
  Life life_{disk_};
  UpstreamGate upstream_{{1, 256, {}, {}, 7, 256}};
  DeadLetters dead_letters_{{"/dead", mebibytes(64)}, disk_, life_.clock};
  RefusalRun refusals_;
  StuckRecords stuck_;
  GiveUpRequests give_ups_{1};
  FakeClient* const client_ = new FakeClient(life_.clock, [](std::uint64_t, MonoTime) { return status(200); });
  Worker worker_{
      {0, 8192, {}, std::chrono::seconds{10}},
      {life_.journal->reader(), upstream_, dead_letters_, refusals_, stuck_, give_ups_, life_.registry, life_.clock},
      std::unique_ptr<http::Client>(client_),
      11};
};

TEST_F(BadPlace, CostsTheRecordThereAndIsSaid) {
  run_for(RecordOutcomes::kReadGrace - std::chrono::minutes{1});
  EXPECT_EQ(client_->started.size(), kRecords - 1);
  EXPECT_EQ(life_.journal->snapshot().backlog_records, 1U) << "it is not given up yet";
  run_for(std::chrono::minutes{5});
  const journal::Snapshot books = life_.journal->snapshot();
  EXPECT_EQ(books.backlog_records, 0U);
  EXPECT_EQ(books.backlog_bytes, 0U);
  EXPECT_EQ(dropped_counter(life_, "damaged"), 1);
  EXPECT_EQ(life_.registry.counter("respand_records_delivered_total", "").value(), kRecords - 1);
  EXPECT_FALSE(client_->started.contains(kHit));
  for (int turn = 0; turn < 3; ++turn) {
    life_.clock.advance(journal::Acknowledgements::kCursorDelay);
    static_cast<void>(life_.journal->step());
  }
  EXPECT_LE(life_.journal->snapshot().file_bytes, journal::kSmallSegment) << "a segment is held";
}

TEST_F(BadPlace, ThatCanBeReadAgainCostsNothing) {
  run_for(RecordOutcomes::kReadGrace - std::chrono::minutes{1});
  disk_.clear_faults();
  run_for(std::chrono::minutes{5});
  EXPECT_EQ(life_.journal->snapshot().backlog_records, 0U);
  EXPECT_EQ(dropped_counter(life_, "damaged"), 0);
  EXPECT_TRUE(client_->started.contains(kHit));
}

}  // namespace
}  // namespace respand::delivery
