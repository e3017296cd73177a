// Every call to the ledger's disk fails at its turn, once or for good: records are taken and delivered all the same,
// and when the disk works again each is counted once.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/ledger/fault_vfs.h"
#include "tests/ledger/world.h"
#include "tests/support/sanitized.h"

namespace respand::ledger {
namespace {

constexpr std::uint64_t kStep = test::kSanitized ? 7 : 1;

struct Case {
  int code;
  bool for_good;
};

class LedgerFault : public testing::TestWithParam<Case> {};

TEST_P(LedgerFault, AtEveryCall) {
  FaultVfs vfs;
  const record::UsageSummary summary{.model = "m", .customer = "c", .cost = micro(1)};
  std::uint64_t cases = 0;
  for (std::uint64_t nth = 1;; nth += kStep) {
    SCOPED_TRACE(nth);
    World world;
    world.settings.vfs = FaultVfs::name();
    world.live();
    vfs.fail_at(nth, GetParam().code, GetParam().for_good);
    const std::uint64_t hits = vfs.faults_hit();
    for (int i = 0; i < 4; ++i) {
      ASSERT_NO_FATAL_FAILURE(world.put(summary, 2)) << "intake must not wait";
      world.deliver();
      world.step();
      world.advance(std::chrono::seconds{1});
    }
    EXPECT_EQ(world.life->journal->snapshot().backlog_records, 0U);
    const bool hit = vfs.faults_hit() > hits;
    if (hit && GetParam().for_good) {
      EXPECT_NE(world.ledger->state().issue, "");
    }
    vfs.clear_faults();
    world.step_on();
    ASSERT_EQ(world.report().total.records.value, 8);
    ASSERT_EQ(world.report().total.cost, Usd::of(micro(8)));
    ASSERT_EQ(world.set_aside(), 0U);
    ASSERT_EQ(world.ledger->state().issue, "");
    // And so it does for the next process.
    world.live();
    world.put(summary);
    world.step_on();
    ASSERT_EQ(world.report().total.records.value, 9);
    ++cases;
    if (!hit) {
      break;  // the whole run makes fewer calls
    }
  }
  std::printf("calls that failed: %llu\n", static_cast<unsigned long long>(cases - 1));
  EXPECT_GT(cases, 5U);
}

INSTANTIATE_TEST_SUITE_P(Errors, LedgerFault,
                         testing::Values(Case{SQLITE_IOERR, false}, Case{SQLITE_IOERR, true}, Case{SQLITE_FULL, false},
                                         Case{SQLITE_FULL, true}),
                         [](const auto& param_info) {
                           return std::string(param_info.param.code == SQLITE_FULL ? "Full" : "Io") +
                                  (param_info.param.for_good ? "ForGood" : "Once");
                         });

TEST(LedgerFault, AFolderThatCantBeMadeIsTroubleAndNoMore) {
  World world;
  test::write_file(world.folder / "file", "x");
  world.settings.directory = world.folder / "file/costs";
  world.live();
  world.put({.model = "m"});
  world.deliver();
  world.step_on();
  EXPECT_NE(world.ledger->state().issue, "");
  EXPECT_EQ(world.ledger->state().condition, Condition::kFailed);
  EXPECT_EQ(world.life->journal->snapshot().backlog_records, 0U);
}

}  // namespace
}  // namespace respand::ledger
