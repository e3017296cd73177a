#include "respand/queue/ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace respand::queue {
namespace {

TEST(Ring, HoldsExactlyItsCapacityInOrder) {
  for (const std::size_t capacity : {2U, 4U, 64U, 1024U}) {
    Ring<int> ring(capacity);
    EXPECT_EQ(ring.capacity(), capacity);
    int out = -1;
    EXPECT_FALSE(ring.try_pop(out));
    EXPECT_EQ(out, -1);
    for (int lap = 0; lap < 3; ++lap) {
      for (std::size_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(ring.size(), i);
        int value = static_cast<int>(i);
        ASSERT_TRUE(ring.try_push(value));
      }
      int refused = 77;
      EXPECT_FALSE(ring.try_push(refused));
      EXPECT_EQ(refused, 77);
      for (std::size_t i = 0; i < capacity; ++i) {
        ASSERT_TRUE(ring.try_pop(out));
        ASSERT_EQ(out, static_cast<int>(i));
      }
      EXPECT_FALSE(ring.try_pop(out));
    }
  }
}

TEST(Ring, OnePlaceFreedIsOnePlaceTaken) {
  Ring<int> ring(4);
  int next_in = 0;
  int next_out = 0;
  while (ring.try_push(next_in)) {
    ++next_in;
  }
  for (int i = 0; i < 100; ++i) {
    int out = -1;
    ASSERT_TRUE(ring.try_pop(out));
    ASSERT_EQ(out, next_out++);
    ASSERT_TRUE(ring.try_push(next_in));
    ++next_in;
    int refused = 0;
    ASSERT_FALSE(ring.try_push(refused));
  }
}

TEST(RingDeathTest, CapacitiesThatAreNoPowerOfTwoAreRefusedAlsoInRelease) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const std::size_t capacity : {0U, 1U, 3U, 100U}) {
    EXPECT_DEATH(Ring<int>{capacity}, "");
  }
}

// A value that a move leaves as it was.
struct Copied {
  std::shared_ptr<int> owned;
  Copied() = default;
  explicit Copied(std::shared_ptr<int> value) : owned(std::move(value)) {}
  Copied(const Copied&) = default;
  Copied& operator=(const Copied&) = default;
  ~Copied() = default;
};

TEST(Ring, MovesValuesAndKeepsNoneOfThemBehind) {
  Ring<std::unique_ptr<int>> ring(2);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  auto third = std::make_unique<int>(3);
  ASSERT_TRUE(ring.try_push(first));
  EXPECT_EQ(first, nullptr);
  ASSERT_TRUE(ring.try_push(second));
  ASSERT_FALSE(ring.try_push(third));
  ASSERT_NE(third, nullptr) << "a refused value is left as it was";
  std::unique_ptr<int> out;
  ASSERT_TRUE(ring.try_pop(out));
  EXPECT_EQ(*out, 1);

  Ring<Copied> copies(2);
  Copied value{std::make_shared<int>(1)};
  const std::weak_ptr<int> watch = value.owned;
  ASSERT_TRUE(copies.try_push(value));
  value.owned.reset();
  Copied popped;
  ASSERT_TRUE(copies.try_pop(popped));
  popped.owned.reset();
  EXPECT_TRUE(watch.expired());
}

TEST(Ring, ValuesLeftInsideGoWithIt) {
  auto value = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = value;
  {
    Ring<std::shared_ptr<int>> ring(2);
    ASSERT_TRUE(ring.try_push(value));
  }
  EXPECT_TRUE(watch.expired());
}

struct Item {
  std::uint32_t producer = 0;
  std::uint32_t number = 0;
};

// Every item is seen once, and each consumer sees each producer's in their order.
void stress(std::size_t capacity, std::uint32_t producers, std::uint32_t consumers, std::uint32_t each) {
  Ring<std::unique_ptr<Item>> ring(capacity);
  std::vector<std::vector<std::atomic<int>>> seen(producers);
  for (auto& items : seen) {
    items = std::vector<std::atomic<int>>(each);
  }
  std::atomic<std::uint32_t> left = producers * each;
  std::atomic<bool> ordered = true;
  std::atomic<bool> bounded = true;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t p = 0; p < producers; ++p) {
      threads.emplace_back([&, p] {
        for (std::uint32_t n = 0; n < each; ++n) {
          auto item = std::make_unique<Item>(Item{p, n});
          while (!ring.try_push(item)) {
            std::this_thread::yield();
          }
          bounded = bounded && ring.size() <= capacity;
        }
      });
    }
    for (std::uint32_t c = 0; c < consumers; ++c) {
      threads.emplace_back([&] {
        std::vector<std::int64_t> last(producers, -1);
        std::unique_ptr<Item> item;
        while (left > 0) {
          if (!ring.try_pop(item)) {
            std::this_thread::yield();
            continue;
          }
          ordered = ordered && item->number > last[item->producer];
          last[item->producer] = item->number;
          ++seen[item->producer][item->number];
          --left;
        }
      });
    }
  }
  EXPECT_TRUE(ordered);
  EXPECT_TRUE(bounded);
  EXPECT_EQ(ring.size(), 0U);
  for (const auto& items : seen) {
    for (const auto& count : items) {
      ASSERT_EQ(count, 1);
    }
  }
}

TEST(RingStress, OneProducerOneConsumerSmallestRing) { stress(2, 1, 1, 20'000); }
TEST(RingStress, ManyProducersOneConsumer) { stress(128, 4, 1, 5'000); }
TEST(RingStress, OneProducerManyConsumers) { stress(64, 1, 4, 20'000); }
TEST(RingStress, ManyProducersManyConsumersSmallestRing) { stress(2, 3, 3, 3'000); }

}  // namespace
}  // namespace respand::queue
