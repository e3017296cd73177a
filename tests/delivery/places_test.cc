#include "delivery/places.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

constexpr std::uint32_t kNobody = 99;

TEST(Places, ATicketIsOfItsEpochAndCrowd) {
  Places places(2);
  const auto first = places.take(0, 3);
  EXPECT_EQ(Places::crowd_of(first), 3U);
  places.next_epoch();
  EXPECT_EQ(places.current(), 0U);
  const auto second = places.take(1, 1);
  EXPECT_EQ(Places::crowd_of(second), 4U);
  EXPECT_FALSE(places.is_current(first));
  EXPECT_TRUE(places.is_current(second));
  places.release(0, first, 3);
  EXPECT_EQ(places.in_flight(), 1U);
  EXPECT_EQ(places.current(), 1U) << "an old one takes nothing from the present";
}

TEST(Places, AFreePlaceIsKeptForWhoeverIsCalled) {
  Places places(3);
  places.wait_for_place(1);
  places.wait_for_place(2);
  EXPECT_EQ(places.to_wake(1, kNobody), Places::bit(1));
  EXPECT_EQ(places.kept(), 1U);
  EXPECT_EQ(places.to_wake(1, kNobody), 0U) << "the place is promised";
  places.ask(1);
  EXPECT_EQ(places.to_wake(1, kNobody), Places::bit(2));
}

TEST(Places, WhoHoldsOneIsNotCalled) {
  Places places(2);
  const auto ticket = places.take(0, 1);
  places.wait_for_place(0);
  EXPECT_EQ(places.to_wake(5, kNobody), 0U) << "its own answer will tell";
  places.release(0, ticket, 1);
}

TEST(Places, ALiftedGateCallsAllButTheCaller) {
  Places places(3);
  places.wait_for_time(0);
  places.wait_for_time(2);
  EXPECT_EQ(places.to_wake(5, kNobody), 0U);
  places.lift_gate();
  EXPECT_EQ(places.to_wake(5, 0), Places::bit(2));
  EXPECT_EQ(places.to_wake(5, kNobody), 0U) << "once";
  places.wait_for_place(1);
  places.all_ask_anew();
  EXPECT_EQ(places.to_wake(0, kNobody), Places::bit(1)) << "who waited for a place may have to wait for a time now";
}

}  // namespace
}  // namespace respand::delivery
