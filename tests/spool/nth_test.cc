// Each kind of call on the spool's file system fails at its 1st, 2nd, … Nth turn, once and for good: while a start
// finds files of every sort, takes them, puts aside what is refused and removes them; and while another start after a
// kill finds them half taken. Nothing is lost, nothing is taken twice, what stays is said, and all is done by itself
// when the fault is over; also where the power goes then.

#include <cerrno>
#include <cstdio>

#include "tests/spool/fault_world.h"
#include "tests/support/sanitized.h"

namespace respand::spool {
namespace {

constexpr std::uint64_t kStride = test::kSanitized ? 7 : 1;  // of the turns

struct NthCase {
  const char* name;
  fs::Calls kind;
};

class SpoolNth : public testing::TestWithParam<NthCase> {
 protected:
  // Fails that turn of the first life, or of the second; false where there was no such turn.
  static bool fail_at(bool second_life, std::uint64_t turn, int os_error, bool for_good) {
    FaultWorld world;
    const auto arm = [&] {
      world.fs().fail_at(turn, {.os_error = os_error, .for_good = for_good, .calls = GetParam().kind});
    };
    if (!second_life) {
      arm();
    }
    world.start();
    if (second_life) {
      // One batch is told of; another one is lost, or reached the journal's disk alone.
      world.run(1);
      world.kill(turn % 2);
      arm();
      world.start();
    }
    world.run_long();
    if (world.fs().faults_hit() == 0) {
      return false;
    }
    world.check_always();
    if (for_good) {
      world.check_said();
    }
    world.fs().clear_faults();
    world.run_long();
    world.check_finished();
    // What was removed and put aside is so for good: another start on what a power cut leaves finds nothing to do.
    SeededRandom random(turn);
    world.cut_power(0, random);
    world.start();
    world.run_long();
    world.check_finished();
    return true;
  }

  static void fail_everywhere(int os_error) {
    std::uint64_t faults = 0;
    for (const bool second_life : {false, true}) {
      for (const bool for_good : {false, true}) {
        for (std::uint64_t turn = 1; fail_at(second_life, turn, os_error, for_good); turn += kStride) {
          ASSERT_FALSE(HasFailure()) << "life " << (second_life ? 2 : 1) << ", turn " << turn << ", for good "
                                     << for_good;
          ++faults;
        }
      }
    }
    std::printf("%llu faults\n", static_cast<unsigned long long>(faults));
    std::fflush(stdout);
    EXPECT_GT(faults, 0U) << "no such call was made";
  }
};

TEST_P(SpoolNth, WithAnErrorOfTheDisk) { fail_everywhere(EIO); }

class SpoolNthWrite : public SpoolNth {};
TEST_P(SpoolNthWrite, WithNoRoom) { fail_everywhere(ENOSPC); }

INSTANTIATE_TEST_SUITE_P(Calls, SpoolNthWrite,
                         testing::Values(NthCase{"Open", fs::calls::kOpen}, NthCase{"Write", fs::calls::kWrite},
                                         NthCase{"Sync", fs::calls::kSyncData}, NthCase{"Rename", fs::calls::kRename},
                                         NthCase{"MakeFolder", fs::calls::kMakeDirectories}),
                         [](const auto& call) { return std::string(call.param.name); });

INSTANTIATE_TEST_SUITE_P(Calls, SpoolNth,
                         testing::Values(NthCase{"Open", fs::calls::kOpen}, NthCase{"Read", fs::calls::kRead},
                                         NthCase{"Write", fs::calls::kWrite}, NthCase{"Sync", fs::calls::kSyncData},
                                         NthCase{"SyncFolder", fs::calls::kSyncDirectory},
                                         NthCase{"Rename", fs::calls::kRename}, NthCase{"Remove", fs::calls::kRemove},
                                         NthCase{"List", fs::calls::kList}, NthCase{"Look", fs::calls::kLook},
                                         NthCase{"Lock", fs::calls::kLock}, NthCase{"Writers", fs::calls::kWriters},
                                         NthCase{"MakeFolder", fs::calls::kMakeDirectories}),
                         [](const auto& call) { return std::string(call.param.name); });

// A disk that is full: what is refused has no place, and what is good goes on.
TEST(SpoolFullDisk, GoodRecordsGoOnAndTheOthersWaitForRoom) {
  FaultWorld world;
  world.fs().set_capacity(world.fs().used());
  world.start();
  world.run_long();
  world.check_always();
  world.check_said();
  EXPECT_EQ(world.journal().disk().size(), FaultWorld::kLongRecords + 12) << "the good ones";
  world.fs().set_capacity(mebibytes(100));
  world.run_long();
  world.check_finished();
}

}  // namespace
}  // namespace respand::spool
