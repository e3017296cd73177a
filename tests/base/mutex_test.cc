#include "respand/base/mutex.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace respand {
namespace {

TEST(LockGuarded, ThreadsTakeTurns) {
  constexpr int kRounds = 2000;
  LockGuarded<std::vector<int>> guarded;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kRounds; ++n) {
          guarded.with([](std::vector<int>& values) { values.push_back(static_cast<int>(values.size())); });
        }
      });
    }
  }
  const auto values = guarded.with([](const std::vector<int>& all) { return all; });
  ASSERT_EQ(values.size(), 4U * kRounds);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(values[i], static_cast<int>(i));
  }
}

TEST(LockGuarded, HoldsWhatCannotBeCopiedAndLetsTheLockGoWhenItsUserThrows) {
  LockGuarded<std::unique_ptr<int>> guarded(std::make_unique<int>(7));
  EXPECT_THROW(guarded.with([](std::unique_ptr<int>&) { throw 1; }), int);
  EXPECT_EQ(guarded.with([](const std::unique_ptr<int>& value) { return *value; }), 7);
  const auto& constant = guarded;
  EXPECT_EQ(constant.with([](const std::unique_ptr<int>& value) { return *value; }), 7);
}

}  // namespace
}  // namespace respand
