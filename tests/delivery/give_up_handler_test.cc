// A record is given up by hand: where it waits at once, in flight when its attempt fails, and nowhere else.

#include "delivery/give_up_handler.h"

#include <gtest/gtest.h>

#include "parts.h"

namespace respand::delivery {
namespace {

using End = GiveUpRequests::End;

class GiveUpHandlerTest : public ::testing::Test {
 protected:
  // A record that failed once and waits for its next try.
  void put(std::uint64_t sequence) {
    Record record = parts_.record(sequence);
    record.attempts = 1;
    parts_.lanes.add_retry(std::move(record), parts_.clock.mono() + std::chrono::hours{1});
  }
  // An operator's request, and the worker's turn after it.
  End give_up(std::uint64_t sequence) {
    parts_.give_ups.begin(Sequence{sequence});
    handler_.step(parts_.clock.mono());
    return parts_.give_ups.wait(Duration{0});
  }
  Parts parts_;
  GiveUpHandler handler_{parts_.context, parts_.lanes, parts_.in_flight, parts_.outcomes};
};

TEST_F(GiveUpHandlerTest, OneThatWaitsIsADeadLetterBeforeTheTurnGoesOn) {
  put(7);
  put(8);
  handler_.step(parts_.clock.mono());
  EXPECT_EQ(parts_.lanes.retries(), 2U) << "nobody has asked";
  EXPECT_EQ(give_up(7), End::kPutAside);
  EXPECT_NE(parts_.dead().find(R"("sequence":7,"reason":"by_hand")"), std::string::npos) << parts_.dead();
  EXPECT_NE(parts_.dead().find(R"({"n":7})"), std::string::npos);
  EXPECT_EQ(parts_.journal.acknowledged, (std::set<std::uint64_t>{7}));
  EXPECT_EQ(parts_.lanes.retries(), 1U);
}

TEST_F(GiveUpHandlerTest, OneInFlightIsMarkedAndNotTouched) {
  ASSERT_TRUE(parts_.sender.send(parts_.record(7), parts_.permits(), parts_.clock.mono()));
  EXPECT_EQ(give_up(7), End::kOnItsWay);
  EXPECT_EQ(parts_.in_flight.requests(), 1U);
  EXPECT_EQ(parts_.dead(), "");
  const auto answers = parts_.answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(parts_.in_flight.close(answers[0].id).record.by_hand);
}

TEST_F(GiveUpHandlerTest, OneThatIsNotHereIsSaidSoAndLookedForOnce) {
  EXPECT_EQ(give_up(7), End::kNotTried);
  put(7);
  handler_.step(parts_.clock.mono());
  EXPECT_EQ(parts_.lanes.retries(), 1U) << "the request is over";
  EXPECT_EQ(parts_.dead(), "");
}

TEST_F(GiveUpHandlerTest, OneThatCantBeReadStaysUnacknowledged) {
  put(7);
  parts_.journal.unreadable[7] = ErrorCode::kIo;
  EXPECT_EQ(give_up(7), End::kUnreadable);
  EXPECT_TRUE(parts_.journal.acknowledged.empty());
  EXPECT_EQ(parts_.lanes.retries(), 1U) << "it is tried again";
  EXPECT_EQ(parts_.dead(), "");
}

TEST_F(GiveUpHandlerTest, WhereTheDeadLettersCantBeWrittenItWaitsOn) {
  put(7);
  parts_.disk.fail_at(1, {.for_good = true, .calls = fs::calls::kSyncData});
  EXPECT_EQ(give_up(7), End::kUnwritable);
  EXPECT_TRUE(parts_.journal.acknowledged.empty());
  EXPECT_EQ(parts_.lanes.retries(), 1U);
}

}  // namespace
}  // namespace respand::delivery
