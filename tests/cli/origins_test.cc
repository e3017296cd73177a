#include "cli/origins.h"

#include <gtest/gtest.h>

#include <vector>

namespace respand::cli {
namespace {

TEST(Origins, FindsEachLineThatIsNotAcknowledged) {
  const std::vector<Place> places = {{0, 1}, {0, 2}, {0, 4}, {0, 5},   {0, 6},
                                     {1, 7}, {1, 8}, {3, 1}, {3, 100}, {3, 100}};
  for (std::size_t answered = 0; answered < places.size(); ++answered) {
    Origins origins;
    for (const Place place : places) {
      origins.add(place);
    }
    origins.resolve(answered);
    for (std::size_t i = answered; i < places.size(); ++i) {
      EXPECT_EQ(origins.find(i + 1), places[i]) << answered;
    }
  }
}

TEST(Origins, CostARunForEachGapAndNothingForTheRest) {
  Origins origins;
  for (std::uint64_t line = 1; line <= 1000; ++line) {
    origins.add({0, line});
  }
  EXPECT_EQ(origins.runs(), 1U);
  for (std::uint64_t line = 0; line < 1000; ++line) {
    origins.add({1, 2 * line});
  }
  EXPECT_EQ(origins.runs(), 1001U);
  origins.resolve(1999);
  EXPECT_EQ(origins.runs(), 1U);
  origins.resolve(2000);
  origins.add({1, 5});
  EXPECT_EQ(origins.find(2001), (Place{1, 5}));
  EXPECT_EQ(origins.sent(), 2001U);
}

}  // namespace
}  // namespace respand::cli
