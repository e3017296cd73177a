#include "delivery/slot_waiters.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

constexpr std::uint32_t kNobody = 99;

TEST(SlotWaiters, ATicketIsOfItsEpochAndConcurrency) {
  SlotWaiters slots(2);
  const auto first = slots.take(0, 3);
  EXPECT_EQ(SlotWaiters::concurrency_of(first), 3U);
  slots.next_epoch();
  EXPECT_EQ(slots.current(), 0U);
  const auto second = slots.take(1, 1);
  EXPECT_EQ(SlotWaiters::concurrency_of(second), 4U);
  EXPECT_FALSE(slots.is_current(first));
  EXPECT_TRUE(slots.is_current(second));
  slots.release(0, first, 3);
  EXPECT_EQ(slots.in_flight(), 1U);
  EXPECT_EQ(slots.current(), 1U) << "an old one takes nothing from the present";
}

TEST(SlotWaiters, AFreeSlotIsKeptForWhoeverIsCalled) {
  SlotWaiters slots(3);
  slots.wait_for_slot(1);
  slots.wait_for_slot(2);
  EXPECT_EQ(slots.to_wake(1, kNobody), SlotWaiters::bit(1));
  EXPECT_EQ(slots.kept(), 1U);
  EXPECT_EQ(slots.to_wake(1, kNobody), 0U) << "the slot is promised";
  slots.ask(1);
  EXPECT_EQ(slots.to_wake(1, kNobody), SlotWaiters::bit(2));
}

TEST(SlotWaiters, WhoHoldsOneIsNotCalled) {
  SlotWaiters slots(2);
  const auto ticket = slots.take(0, 1);
  slots.wait_for_slot(0);
  EXPECT_EQ(slots.to_wake(5, kNobody), 0U) << "its own answer will tell";
  slots.release(0, ticket, 1);
}

TEST(SlotWaiters, ALiftedGateCallsAllButTheCaller) {
  SlotWaiters slots(3);
  slots.wait_for_time(0);
  slots.wait_for_time(2);
  EXPECT_EQ(slots.to_wake(5, kNobody), 0U);
  slots.lift_gate();
  EXPECT_EQ(slots.to_wake(5, 0), SlotWaiters::bit(2));
  EXPECT_EQ(slots.to_wake(5, kNobody), 0U) << "once";
  slots.wait_for_slot(1);
  slots.all_ask_anew();
  EXPECT_EQ(slots.to_wake(0, kNobody), SlotWaiters::bit(1)) << "who waited for a slot may have to wait for a time now";
}

}  // namespace
}  // namespace respand::delivery
