// The table of what is acknowledged, and when the cursor file says so.

#include <gtest/gtest.h>

#include "journal/acknowledgements.h"
#include "journal/cursor.h"
#include "journal/settlement_view.h"
#include "tests/journal/parts_bench.h"

namespace respand::journal {
namespace {

// Three durable records of 100 bytes.
class AcknowledgementsTest : public testing::Test {
 protected:
  AcknowledgementsTest() { bench_.end.advance(Sequence{4}, 300, SegmentId{1}, SegmentHeader::kSize); }
  std::uint64_t acknowledge(std::uint64_t sequence) {
    const Ack done{Sequence{sequence}, 100};
    return acks().acknowledge({&done, 1});
  }
  Acknowledgements& acks() { return *bench_.acknowledgements; }
  [[nodiscard]] std::uint64_t floor_on_disk() {
    auto cursor = Cursor::open(bench_.fs, "/journal");
    return cursor && cursor->state() ? cursor->state()->acked.floor().value : 0;
  }
  PartsBench bench_;
};

TEST_F(AcknowledgementsTest, EachRecordIsCountedOnce) {
  EXPECT_EQ(acknowledge(2), 1U);
  EXPECT_EQ(acknowledge(2), 0U);
  EXPECT_EQ(acks().open().records, 2U);
  EXPECT_EQ(acks().open().bytes, 200U);
  EXPECT_EQ(acks().open().on_disk(), 200 + 2 * RecordHeader::kSize);
  EXPECT_EQ(acks().floor(), Sequence{1});
  EXPECT_EQ(acks().look(Sequence{1}, Sequence{3}).open, 1U);
}

TEST_F(AcknowledgementsTest, TheCursorIsOnTheDiskASecondAfterTheFirstAcknowledgement) {
  acks().save_if_due(bench_.clock.mono());
  EXPECT_EQ(acks().save_at(), MonoTime::max()) << "nothing has changed";
  acknowledge(1);
  acks().save_if_due(bench_.clock.mono());
  EXPECT_EQ(acks().save_at(), bench_.clock.mono() + Acknowledgements::kCursorDelay);
  bench_.clock.advance(Acknowledgements::kCursorDelay);
  acks().save_if_due(bench_.clock.mono());
  EXPECT_EQ(acks().save_at(), MonoTime::max());
  SeededRandom random(3);
  bench_.fs.crash(random);
  EXPECT_EQ(floor_on_disk(), 2U);
}

TEST_F(AcknowledgementsTest, WhatTheDiskDoesNotTakeIsNotBelievedAndNotTriedAgainAtOnce) {
  acknowledge(1);
  bench_.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  EXPECT_FALSE(acks().save_below(Sequence{2}));
  const std::uint64_t calls = bench_.fs.operations();
  EXPECT_FALSE(acks().save_below(Sequence{2}));
  EXPECT_FALSE(acks().open_on_disk(Sequence{1}, Sequence{4}));
  EXPECT_EQ(bench_.fs.operations(), calls);
  bench_.fs.clear_faults();
  bench_.clock.advance(Acknowledgements::kCursorDelay);
  EXPECT_TRUE(acks().save_below(Sequence{2}));
  const auto open = acks().open_on_disk(Sequence{1}, Sequence{4});
  ASSERT_TRUE(open);
  ASSERT_EQ(open->size(), 1U);
  EXPECT_EQ(open->front().first, Sequence{2});
}

TEST_F(AcknowledgementsTest, WhatIsDroppedSurvivesKill9AndARangeThatIsNotDroppedMayCome) {
  EXPECT_EQ(acks().add_range(Sequence{3}, Sequence{4}, 100), 1U);
  EXPECT_EQ(floor_on_disk(), 0U) << "no cursor yet";
  EXPECT_EQ(acks().drop_range(Sequence{1}, Sequence{3}, 200), 2U);
  bench_.fs.crash_keeping_all();
  EXPECT_EQ(floor_on_disk(), 4U);
}

// Who waits for settled records is called once for each arm().
TEST_F(AcknowledgementsTest, WhatIsSettledIsTold) {
  SettlementView settlement(acks(), bench_.progress);
  int calls = 0;
  settlement.wire([&calls] { ++calls; });
  acknowledge(2);
  EXPECT_EQ(calls, 0) << "not armed";
  EXPECT_EQ(settlement.acknowledged_below(), Sequence{1});
  EXPECT_TRUE(settlement.is_acknowledged(Sequence{2}, Sequence{3}));
  EXPECT_FALSE(settlement.is_acknowledged(Sequence{1}, Sequence{3}));
  settlement.arm();
  acknowledge(1);
  acknowledge(3);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(settlement.acknowledged_below(), Sequence{4});
}

}  // namespace
}  // namespace respand::journal
