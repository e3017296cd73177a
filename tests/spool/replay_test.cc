// Replayed dead letters come through the spool, and are accounted for only once.

#include "respand/journal/attributes.h"
#include "spool/name.h"
#include "tests/spool/support.h"

namespace respand::spool {
namespace {

TEST_F(SpoolTest, ReplayedDeadLettersAreNotAccountedForAgain) {
  start();
  directory_.write("fresh.ndjson", "{\"cost\":0.5}\n");
  run_until_idle();
  directory_.write(cat(kReplayPrefix, "2026-11-24-1.ndjson"), "{\"cost\":0.5}\n");
  run_until_idle();
  ASSERT_EQ(journal_.disk().size(), 2U);
  const auto account = [&](std::size_t n) {
    return journal::find_attribute(journal_.disk()[n].attributes, journal::Tag::kAccount);
  };
  EXPECT_FALSE(account(0).empty());
  EXPECT_TRUE(account(1).empty());
}

}  // namespace
}  // namespace respand::spool
