#include "delivery/retry_queue.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::seconds;

Record numbered(std::uint64_t sequence) {
  Record made;
  made.ref.sequence = Sequence{sequence};
  return made;
}
MonoTime at(int second) { return MonoTime{seconds{second}}; }

TEST(RetryQueue, NothingIsDueBeforeItsTime) {
  RetryQueue retry_queue;
  EXPECT_EQ(retry_queue.first_due(), MonoTime::max());
  retry_queue.add(numbered(1), at(5));
  EXPECT_FALSE(retry_queue.any_due(at(4)));
  EXPECT_EQ(retry_queue.first_due(), at(5));
  EXPECT_TRUE(retry_queue.any_due(at(5)));
  EXPECT_LE(retry_queue.first_due(), at(0)) << "it still waits to be taken";
}

// What became due while nothing might leave goes oldest first, whatever its jitter was.
TEST(RetryQueue, OfThoseThatAreDueTheOldestGoesFirst) {
  RetryQueue retry_queue;
  retry_queue.add(numbered(7), at(1));
  retry_queue.add(numbered(3), at(2));
  retry_queue.add(numbered(5), at(3));
  retry_queue.add(numbered(1), at(9));
  for (const std::uint64_t expected : {3U, 5U, 7U}) {
    ASSERT_TRUE(retry_queue.any_due(at(4)));
    EXPECT_EQ(retry_queue.first().ref.sequence.value, expected);
    EXPECT_EQ(retry_queue.take_first().ref.sequence.value, expected);
  }
  EXPECT_FALSE(retry_queue.any_due(at(4)));
  EXPECT_EQ(retry_queue.size(), 1U);
}

TEST(RetryQueue, OneIsTakenOutWhereverItIs) {
  RetryQueue retry_queue;
  for (const std::uint64_t sequence : {1U, 2U, 3U, 4U}) {
    retry_queue.add(numbered(sequence), at(static_cast<int>(sequence)));
  }
  ASSERT_TRUE(retry_queue.any_due(at(2)));
  EXPECT_EQ(retry_queue.take(Sequence{1})->ref.sequence.value, 1U) << "due";
  EXPECT_EQ(retry_queue.take(Sequence{3})->ref.sequence.value, 3U) << "not yet";
  EXPECT_FALSE(retry_queue.take(Sequence{3}));
  EXPECT_EQ(retry_queue.size(), 2U);
  EXPECT_EQ(retry_queue.take_first().ref.sequence.value, 2U);
  EXPECT_FALSE(retry_queue.any_due(at(3)));
  retry_queue.all_due(at(3));
  EXPECT_TRUE(retry_queue.any_due(at(3)));
}

}  // namespace
}  // namespace respand::delivery
