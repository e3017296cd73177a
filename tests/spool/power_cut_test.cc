// The power goes at each call on the spool's file system, and the disk takes states that a kernel may leave of what was
// not synced: names missing, folders missing, bytes missing. Whatever was taken is not taken again, whatever was
// removed was durable before, and the next start does the rest.

#include <cstdio>

#include "tests/spool/fault_world.h"
#include "tests/support/fs/fault_choices.h"
#include "tests/support/sanitized.h"

namespace respand::spool {
namespace {

constexpr std::uint64_t kCallStride = test::kSanitized ? 11 : 1;

// All of what was not synced lands, or nothing does.
class AllOrNothing final : public fs::Choices {
 public:
  explicit AllOrNothing(bool all) : all_(all) {}
  [[nodiscard]] std::uint64_t choose(std::uint64_t ways) override { return all_ ? ways - 1 : 0; }

 private:
  const bool all_;
};

// A life until the power goes at that call, and one on what is left; false where there is no such call.
template <typename Chance>
bool cut_at(std::uint64_t call, bool second_life, std::size_t written, Chance& chance) {
  FaultWorld world;
  if (!second_life) {
    world.fs().power_off_at(call);
  }
  world.start();
  if (second_life) {
    world.run(1);
    world.kill(call % 2);
    world.fs().power_off_at(call);
    world.start();
  }
  if (world.fs().faults_hit() == 0 && world.run_long(true)) {
    return false;
  }
  world.cut_power(written, chance);
  world.check_always();
  world.start();
  world.run_long();
  world.check_finished();
  return true;
}

class SpoolPowerCut : public testing::TestWithParam<bool> {};

TEST_P(SpoolPowerCut, AtEachCall) {
  std::uint64_t cuts = 0;
  for (std::uint64_t call = 1;; call += kCallStride) {
    AllOrNothing nothing(false);
    AllOrNothing all(true);
    SeededRandom any(call);
    // Of a batch that was on its way the journal may have it all or not at all.
    if (!cut_at(call, GetParam(), 0, nothing)) {
      break;
    }
    static_cast<void>(call % 3 == 0 ? cut_at(call, GetParam(), 1, all) : cut_at(call, GetParam(), call % 2, any));
    cuts += 2;
    ASSERT_FALSE(HasFailure()) << "call " << call;
  }
  std::printf("%llu cuts\n", static_cast<unsigned long long>(cuts));
  std::fflush(stdout);
  EXPECT_GT(cuts, 500U / kCallStride);
}

INSTANTIATE_TEST_SUITE_P(Lives, SpoolPowerCut, testing::Bool(),
                         [](const auto& lives) { return std::string(lives.param ? "Second" : "First"); });

// A folder's sync fails once, and later the power goes: what was not synced then must not be taken for durable. False
// where there is no such call any more.
bool cut_after_failed_sync(const std::string& file, std::uint64_t turn, std::uint64_t call, std::uint64_t seed) {
  FaultWorld world({file});
  world.fs().fail_at(turn, {.calls = fs::calls::kSyncDirectory});
  world.start();
  static_cast<void>(world.run_long(true));
  if (world.fs().faults_hit() == 0) {
    return false;
  }
  const std::uint64_t faults = world.fs().faults_hit();
  world.fs().power_off_at(call);
  static_cast<void>(world.run_long(true));
  const bool cut = world.fs().faults_hit() > faults;
  SeededRandom random(seed);
  world.cut_power(0, random);
  world.check_always();
  world.start();
  world.run_long();
  world.check_finished();
  return cut;
}

TEST(SpoolPowerCutLater, WhatAFailedSyncLeftIsNotTakenForDurable) {
  constexpr std::uint64_t kSeeds = test::kSanitized ? 1 : 4;  // half of what was not synced lands, or none, or all
  std::uint64_t cuts = 0;
  for (const char* file : {"refused.ndjson", "refused.ndjson.gz"}) {
    for (std::uint64_t turn = 1; turn < 20; ++turn) {
      for (std::uint64_t call = 1;; ++call) {
        bool cut = false;
        for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
          cut = cut_after_failed_sync(file, turn, call, 1000 * call + seed);
          cuts += cut ? 1U : 0U;
          ASSERT_FALSE(testing::Test::HasFailure())
              << file << ", sync " << turn << ", call " << call << ", seed " << seed;
        }
        if (!cut) {
          break;
        }
      }
    }
  }
  std::printf("%llu cuts\n", static_cast<unsigned long long>(cuts));
  std::fflush(stdout);
  EXPECT_GT(cuts, 50U);
}

}  // namespace
}  // namespace respand::spool
