#include "journal/acked_set.h"

#include <gtest/gtest.h>

#include <set>

#include "respand/base/random.h"

namespace respand::journal {
namespace {

TEST(AckedSet, FloorRisesOverTouchingRanges) {
  AckedSet set(Sequence{10});
  EXPECT_TRUE(set.contains(Sequence{9}));
  EXPECT_FALSE(set.contains(Sequence{10}));
  EXPECT_TRUE(set.add(Sequence{12}));
  EXPECT_TRUE(set.add(Sequence{11}));
  EXPECT_FALSE(set.add(Sequence{12}));
  EXPECT_EQ(set.floor(), Sequence{10});
  EXPECT_EQ(set.above_floor(), 2U);
  EXPECT_EQ(set.ranges(), 1U);
  EXPECT_TRUE(set.add(Sequence{10}));
  EXPECT_EQ(set.floor(), Sequence{13});
  EXPECT_EQ(set.above_floor(), 0U);
  EXPECT_EQ(set.end(), Sequence{13});
}

TEST(AckedSet, FollowsAPlainSet) {
  SeededRandom random(20261121);
  for (int round = 0; round < 200; ++round) {
    AckedSet set(Sequence{1});
    std::set<std::uint64_t> model;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t first = 1 + random.below(60);
      const std::uint64_t end = first + random.below(8);
      std::uint64_t fresh = 0;
      for (std::uint64_t s = first; s < end; ++s) {
        fresh += model.insert(s).second ? 1U : 0U;
      }
      ASSERT_EQ(set.add_range(Sequence{first}, Sequence{end}), fresh);
      std::uint64_t floor = 1;
      while (model.contains(floor)) {
        ++floor;
      }
      ASSERT_EQ(set.floor(), Sequence{floor});
      ASSERT_EQ(set.above_floor(), model.size() - (floor - 1));
      for (std::uint64_t s = 1; s < 70; ++s) {
        ASSERT_EQ(set.contains(Sequence{s}), model.contains(s)) << s;
      }
      const auto back = AckedSet::decode(set.encode(1 << 20));
      ASSERT_TRUE(back);
      ASSERT_EQ(back->floor(), set.floor());
      ASSERT_EQ(back->above_floor(), set.above_floor());
      ASSERT_EQ(back->end(), set.end());
    }
  }
}

TEST(AckedSet, WhatDoesNotFitIsLeftOutFromTheTop) {
  AckedSet set(Sequence{1});
  for (std::uint64_t s = 3; s < 3000; s += 2) {
    set.add(Sequence{s});
  }
  const auto bytes = set.encode(100);
  EXPECT_LE(bytes.size(), 120U);
  const auto back = AckedSet::decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_GT(back->ranges(), 10U);
  EXPECT_LT(back->ranges(), set.ranges());
  EXPECT_TRUE(back->contains(Sequence{3}));
  EXPECT_FALSE(back->contains(Sequence{2999}));
}

TEST(AckedSet, HostileBytesAreRefusedOrHarmless) {
  SeededRandom random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> bytes(random.below(40));
    for (std::byte& byte : bytes) {
      byte = static_cast<std::byte>(random.next());
    }
    const auto set = AckedSet::decode(bytes);
    if (set) {
      EXPECT_LE(set->floor(), set->end());
    }
  }
  // A count that promises more than there is; ranges that would wrap around.
  EXPECT_FALSE(AckedSet::decode(std::vector<std::byte>{std::byte{1}, std::byte{0x7F}}));
  EXPECT_FALSE(AckedSet::decode({}));
}

}  // namespace
}  // namespace respand::journal
