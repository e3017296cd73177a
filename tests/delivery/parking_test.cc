#include "delivery/parking.h"

#include <gtest/gtest.h>

namespace respand::delivery {
namespace {

using std::chrono::seconds;

Record record(std::uint64_t sequence) {
  Record made;
  made.ref.sequence = Sequence{sequence};
  return made;
}
MonoTime at(int second) { return MonoTime{seconds{second}}; }

TEST(Parking, NothingIsDueBeforeItsTime) {
  Parking parking;
  EXPECT_EQ(parking.first_due(), MonoTime::max());
  parking.add(record(1), at(5));
  EXPECT_FALSE(parking.any_due(at(4)));
  EXPECT_EQ(parking.first_due(), at(5));
  EXPECT_TRUE(parking.any_due(at(5)));
  EXPECT_LE(parking.first_due(), at(0)) << "it still waits to be taken";
}

// What became due while nothing might leave goes oldest first, whatever its jitter was.
TEST(Parking, OfThoseThatAreDueTheOldestGoesFirst) {
  Parking parking;
  parking.add(record(7), at(1));
  parking.add(record(3), at(2));
  parking.add(record(5), at(3));
  parking.add(record(1), at(9));
  for (const std::uint64_t expected : {3U, 5U, 7U}) {
    ASSERT_TRUE(parking.any_due(at(4)));
    EXPECT_EQ(parking.first().ref.sequence.value, expected);
    EXPECT_EQ(parking.take_first().ref.sequence.value, expected);
  }
  EXPECT_FALSE(parking.any_due(at(4)));
  EXPECT_EQ(parking.size(), 1U);
}

TEST(Parking, OneIsTakenOutWhereverItIs) {
  Parking parking;
  for (const std::uint64_t sequence : {1U, 2U, 3U, 4U}) {
    parking.add(record(sequence), at(static_cast<int>(sequence)));
  }
  ASSERT_TRUE(parking.any_due(at(2)));
  EXPECT_EQ(parking.take(Sequence{1})->ref.sequence.value, 1U) << "due";
  EXPECT_EQ(parking.take(Sequence{3})->ref.sequence.value, 3U) << "not yet";
  EXPECT_FALSE(parking.take(Sequence{3}));
  EXPECT_EQ(parking.size(), 2U);
  EXPECT_EQ(parking.take_first().ref.sequence.value, 2U);
  EXPECT_FALSE(parking.any_due(at(3)));
  parking.all_due(at(3));
  EXPECT_TRUE(parking.any_due(at(3)));
}

}  // namespace
}  // namespace respand::delivery
