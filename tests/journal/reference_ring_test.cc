// References at hand: who is woken when there is room again.

#include <gtest/gtest.h>

#include "journal/reference_ring.h"
#include "respand/queue/doorbell.h"

namespace respand::journal {
namespace {

TEST(ReferenceRing, TheThreadThatFoundItFullIsWokenOnceWhenHalfOfItIsEmpty) {
  ReferenceRing ring(4);
  int woken = 0;
  const std::function<void()> wake = [&] { ++woken; };
  Ref ref;
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    ref.sequence = Sequence{sequence};
    ASSERT_TRUE(ring.push(ref));
  }
  ASSERT_TRUE(ring.take(ref, wake));
  ASSERT_TRUE(ring.push(ref));
  EXPECT_EQ(woken, 0) << "nobody waits";
  ref.sequence = Sequence{9};
  EXPECT_FALSE(ring.push(ref));
  EXPECT_EQ(ref.sequence, Sequence{9}) << "it is as it was";
  ASSERT_TRUE(ring.take(ref, wake));
  EXPECT_FALSE(ring.has_room());
  EXPECT_EQ(woken, 0);
  ASSERT_TRUE(ring.take(ref, wake));
  EXPECT_TRUE(ring.has_room());
  EXPECT_EQ(woken, 1);
  ASSERT_TRUE(ring.take(ref, wake));
  ASSERT_TRUE(ring.take(ref, wake));
  EXPECT_FALSE(ring.take(ref, wake));
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace respand::journal
