#include "respand/queue/doorbell.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "respand/base/clock.h"
#include "respand/queue/ring.h"

namespace respand::queue {
namespace {

TEST(Doorbell, CallsItsHookOnlyWhileArmedAndOncePerArming) {
  int calls = 0;
  Doorbell bell([&] { ++calls; });
  bell.ring();
  EXPECT_EQ(calls, 0);
  bell.arm();
  bell.ring();
  bell.ring();
  EXPECT_EQ(calls, 1);
  bell.arm();
  bell.disarm();
  bell.ring();
  EXPECT_EQ(calls, 1);
  bell.arm();
  bell.ring();
  EXPECT_EQ(calls, 2);
}

TEST(Doorbell, CanBeWiredLaterAndRungWithNoHook) {
  Doorbell bell;
  bell.arm();
  bell.ring();
  int calls = 0;
  bell.wire([&] { ++calls; });
  bell.arm();
  bell.ring();
  EXPECT_EQ(calls, 1);
}

TEST(Sleeper, AWakeBeforeTheWaitEndsIt) {
  Sleeper sleeper;
  sleeper.wake();
  sleeper.wake();
  sleeper.wait_until(MonoTime::max());  // would never end if the wake-up were lost
}

TEST(Sleeper, AWakeIsUsedUpAndAPastDeadlineDoesNotWait) {
  Sleeper sleeper;
  sleeper.wake();
  sleeper.wait_until(MonoTime::max());
  sleeper.wait_until(MonoTime::min() + std::chrono::hours{24});
  sleeper.wait_until(MonoTime{});
  sleeper.wait_until(system_clock().mono());
}

TEST(Sleeper, AWakeFromAnotherThreadEndsAWaitWithNoDeadline) {
  for (int i = 0; i < 200; ++i) {
    Sleeper sleeper;
    const std::jthread waker([&] { sleeper.wake(); });
    sleeper.wait_until(MonoTime::max());
  }
}

// The consumer waits with no deadline whenever the ring looks empty: one lost wake-up, and this test never ends.
void no_wake_up_is_lost(std::size_t capacity, int producers, std::uint64_t each) {
  Ring<std::uint64_t> ring(capacity);
  Sleeper consumer_sleeps;
  Doorbell bell([&] { consumer_sleeps.wake(); });
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < producers; ++p) {
      threads.emplace_back([&] {
        for (std::uint64_t n = 1; n <= each; ++n) {
          std::uint64_t value = n;
          while (!ring.try_push(value)) {
            std::this_thread::yield();
          }
          bell.ring();
        }
      });
    }
    std::uint64_t value = 0;
    while (count < each * static_cast<std::uint64_t>(producers)) {
      if (!ring.try_pop(value)) {
        bell.arm();
        if (!ring.try_pop(value)) {
          consumer_sleeps.wait_until(MonoTime::max());
          bell.disarm();
          continue;
        }
        bell.disarm();
      }
      sum += value;
      ++count;
    }
  }
  EXPECT_EQ(sum, static_cast<std::uint64_t>(producers) * each * (each + 1) / 2);
}

TEST(DoorbellStress, OneProducerSmallestRing) { no_wake_up_is_lost(2, 1, 60'000); }
TEST(DoorbellStress, OneProducerRoomyRing) { no_wake_up_is_lost(1024, 1, 30'000); }
TEST(DoorbellStress, ThreeProducers) { no_wake_up_is_lost(64, 3, 10'000); }

// Both sides sleep between turns, so that each item needs its own wake-up on each side.
TEST(DoorbellStress, PingPongNeedsEveryWakeUp) {
  constexpr int kTurns = 5'000;
  struct Side {
    Ring<int> inbox{2};
    Sleeper sleeper;
    Doorbell bell{[this] { sleeper.wake(); }};
    int receive() {
      int value = 0;
      while (!inbox.try_pop(value)) {
        bell.arm();
        if (inbox.try_pop(value)) {
          bell.disarm();
          break;
        }
        sleeper.wait_until(MonoTime::max());
        bell.disarm();
      }
      return value;
    }
    bool send(int value) {
      const bool pushed = inbox.try_push(value);
      bell.ring();
      return pushed;
    }
  };
  Side one;
  Side two;
  bool sent = true;
  {
    const std::jthread echo([&] {
      for (int i = 0; i < kTurns; ++i) {
        sent = one.send(two.receive()) && sent;
      }
    });
    for (int i = 0; i < kTurns; ++i) {
      EXPECT_TRUE(two.send(i));
      ASSERT_EQ(one.receive(), i);
    }
  }
  EXPECT_TRUE(sent);
}

}  // namespace
}  // namespace respand::queue
