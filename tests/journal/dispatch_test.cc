// References to durable records: in order, once each, later where the disk does not give them, and never of what was
// dropped.

#include "journal/dispatch.h"

#include <gtest/gtest.h>

#include "tests/journal/wired_parts.h"

namespace respand::journal {
namespace {

using Numbers = std::vector<std::uint64_t>;

Numbers taken(WiredParts& wired) {
  Numbers all;
  for (const Ref& ref : wired.take_all()) {
    all.push_back(ref.sequence.value);
  }
  return all;
}

// Few references are at hand; the others are read back.
Settings two_at_hand() {
  Settings settings = small_settings();
  settings.references = 2;
  return settings;
}

TEST(DispatchTest, GivesEachRecordOnceAndInOrder) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  EXPECT_EQ(taken(wired), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(taken(wired), Numbers{});
  ASSERT_EQ(wired.commit(), WriteOutcome::kDone);
  EXPECT_EQ(taken(wired), Numbers{7});
}

TEST(DispatchTest, WhatIsNotAtHandIsReadBackInOrder) {
  WiredParts wired(two_at_hand());
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  Numbers all;
  for (Numbers some = taken(wired); !some.empty(); some = taken(wired)) {
    all.insert(all.end(), some.begin(), some.end());
  }
  EXPECT_EQ(all, (Numbers{1, 2, 3, 4, 5, 6}));
}

TEST(DispatchTest, WhatTheDiskDoesNotGiveIsTriedAgainAfterAnInterval) {
  WiredParts wired(two_at_hand());
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  wired.fs.fail_at(1, {.for_good = true, .calls = fs::calls::kOpen | fs::calls::kRead});
  EXPECT_EQ(taken(wired), (Numbers{1, 2}));
  static_cast<void>(wired.parts.dispatch.publish(wired.now()));
  EXPECT_EQ(wired.parts.dispatch.retry_at(), wired.now() + kRetryInterval);
  const std::uint64_t calls = wired.fs.operations();
  EXPECT_EQ(taken(wired), Numbers{});
  EXPECT_EQ(wired.fs.operations(), calls);
  wired.fs.clear_faults();
  wired.clock.advance(kRetryInterval);
  EXPECT_EQ(taken(wired).front(), 3U);
  EXPECT_EQ(wired.dropped("damaged"), 0);
}

TEST(DispatchTest, WhatWasDroppedMeanwhileIsNotGiven) {
  WiredParts wired(two_at_hand());
  ASSERT_NO_FATAL_FAILURE(wired.fill(2));
  EXPECT_EQ(taken(wired).size(), 2U);
  wired.parts.dispatch.skip_to(Sequence{5});
  EXPECT_EQ(taken(wired).front(), 5U);
}

TEST(DispatchTest, WhatIsNotForDeliveryIsAcknowledgedAndCounted) {
  WiredParts wired;
  ASSERT_EQ(wired.commit(Deliver::kNo), WriteOutcome::kDone);
  ASSERT_EQ(wired.commit(), WriteOutcome::kDone);
  EXPECT_EQ(taken(wired), Numbers{2});
  EXPECT_EQ(wired.dropped("sampled_out"), 1);
  EXPECT_EQ(wired.parts.acknowledgements.floor(), Sequence{2});
  static_cast<void>(wired.parts.dispatch.publish(wired.now()));
  EXPECT_EQ(wired.dropped("sampled_out"), 1) << "once";
}

TEST(DispatchTest, ALostRecordIsCountedUnlessItWasDroppedMeanwhile) {
  WiredParts wired;
  ASSERT_NO_FATAL_FAILURE(wired.fill(1));
  const std::vector<Ref> references = wired.take_all();
  wired.acknowledge(1, 1);
  wired.parts.dispatch.lost(references[0], "for a test");
  EXPECT_EQ(wired.dropped("damaged"), 0);
  wired.parts.dispatch.lost(references[1], "for a test");
  EXPECT_EQ(wired.dropped("damaged"), 1);
  EXPECT_TRUE(wired.parts.acknowledgements.contains(Sequence{2}));
}

TEST(DispatchTest, AFewRecordsWakeOneWorkerThatWaitsAndManyWakeMore) {
  WiredParts wired;
  int rung = 0;
  queue::Doorbell first([&] { ++rung; });
  queue::Doorbell second([&] { ++rung; });
  wired.parts.dispatch.add_reader(first, first);
  wired.parts.dispatch.add_reader(second, second);
  const auto publish = [&](std::size_t records) {
    for (; records > 0; --records) {
      EXPECT_EQ(wired.commit(), WriteOutcome::kDone);
    }
    static_cast<void>(wired.parts.dispatch.publish(wired.now()));
  };
  publish(1);
  EXPECT_EQ(rung, 0) << "both are awake";
  first.arm();
  second.arm();
  publish(1);
  EXPECT_EQ(rung, 1);
  first.arm();
  second.arm();
  publish(ReaderBells::kForOne);
  EXPECT_EQ(rung, 2);
  second.disarm();
  first.arm();
  publish(ReaderBells::kForOne + 1);
  EXPECT_EQ(rung, 3) << "the second is awake, and looks by itself";
  first.arm();
  second.arm();
  publish(ReaderBells::kForOne + 1);
  EXPECT_EQ(rung, 5);
  second.arm();
  publish(1);
  EXPECT_EQ(rung, 6) << "the first is awake or can take no more";
  first.arm();
  publish(0);
  EXPECT_EQ(rung, 6) << "there is nothing new";
}

TEST(DispatchTest, RecordsDoNotWakeWhoWaitsForOtherRoutes) {
  WiredParts wired;
  int rung = 0;
  queue::Doorbell records([&] { ++rung; });
  queue::Doorbell routed([&] { rung += 100; });
  wired.parts.dispatch.add_reader(records, routed);
  records.arm();
  routed.arm();
  EXPECT_EQ(wired.commit(), WriteOutcome::kDone);
  static_cast<void>(wired.parts.dispatch.publish(wired.now()));
  EXPECT_EQ(rung, 1);
}

}  // namespace
}  // namespace respand::journal
