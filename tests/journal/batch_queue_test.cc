// The queue that producers hand batches over by.

#include <gtest/gtest.h>

#include "journal/availability.h"
#include "journal/batch_queue.h"
#include "tests/journal/parts_bench.h"

namespace respand::journal {
namespace {

class BatchQueueTest : public testing::Test {
 protected:
  void offer(const std::string& payload) {
    auto batch = bench_.batch(payload);
    ASSERT_TRUE(queue_.offer(batch));
  }
  PartsBench bench_;
  Availability availability_{WhenFull::kReject, bench_.clock};
  BatchQueue queue_{bench_.end, availability_, bench_.sleeper};
};

TEST_F(BatchQueueTest, TheFrontStaysUntilItIsTaken) {
  EXPECT_EQ(queue_.front(), nullptr);
  offer("one");
  offer("second");
  const Batch* const front = queue_.front();
  EXPECT_EQ(queue_.front(), front);
  EXPECT_TRUE(queue_.has_front());
  EXPECT_EQ(queue_.pop().get(), front);
  EXPECT_FALSE(queue_.has_front());
  EXPECT_FALSE(queue_.empty());
  EXPECT_NE(queue_.front(), nullptr);
  static_cast<void>(queue_.pop());
  EXPECT_TRUE(queue_.empty());
}

TEST_F(BatchQueueTest, AnOfferEndsAWaitAndWhereABatchWaitsThereIsNone) {
  ASSERT_TRUE(queue_.arm());
  offer("one");
  bench_.sleeper.wait_until(MonoTime::max());  // would never end if the wake-up were lost
  EXPECT_FALSE(queue_.arm());
}

TEST_F(BatchQueueTest, ARefusalIsSaidToProducers) {
  EXPECT_TRUE(queue_.accepting());
  availability_.set_accepting(false);
  EXPECT_FALSE(queue_.accepting());
  EXPECT_TRUE(availability_.needs_capacity());
}

TEST(Availability, KnowsAFullDiskFromABrokenOne) {
  const ManualClock clock;
  Availability availability(WhenFull::kBlock, clock);
  availability.fail_with(error(ErrorCode::kNoSpace, "no space"));
  EXPECT_TRUE(availability.disk_full());
  EXPECT_EQ(availability.issue().text, "no space");
  EXPECT_EQ(availability.issue().condition, Condition::kFull) << "it is no call of the system that failed";
  availability.fail_with(error(ErrorCode::kIo, "broken"));
  EXPECT_FALSE(availability.disk_full());
  EXPECT_FALSE(availability.needs_capacity()) << "no group waits";
  EXPECT_EQ(availability.issue().condition, Condition::kIoError);
  availability.clear_issue();
  EXPECT_EQ(availability.issue().condition, Condition::kNone);
  availability.set_pressed(true);
  EXPECT_TRUE(availability.needs_capacity());
}

}  // namespace
}  // namespace respand::journal
