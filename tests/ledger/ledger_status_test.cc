// What the status page shows of the ledger, and what the log hears of an outage.

#include "ledger/ledger_status.h"

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace respand::ledger {
namespace {

constexpr MonoTime kBegin{std::chrono::seconds{1000}};
const Error kFull{ErrorCode::kNoSpace, "the disk is full"};

// How often `what` is in the log of `run`.
std::size_t times_said(std::string_view what, const std::function<void()>& run) {
  testing::internal::CaptureStderr();
  run();
  return test::count_of(testing::internal::GetCapturedStderr(), what);
}

TEST(LedgerStatusTest, TheConditionIsThatOfTheLastTurn) {
  LedgerStatus status;
  EXPECT_EQ(status.state().condition, Condition::kNone);
  status.set_failed(kFull, kBegin);
  EXPECT_EQ(status.state().condition, Condition::kFailed);
  EXPECT_EQ(status.state().issue, "the disk is full");
  status.set_broken({ErrorCode::kCorrupt, "malformed"});
  EXPECT_EQ(status.state().condition, Condition::kBroken);
  EXPECT_EQ(status.state().issue, "malformed");
  status.set_working();
  EXPECT_EQ(status.state().condition, Condition::kNone);
  EXPECT_EQ(status.state().issue, "");
}

TEST(LedgerStatusTest, AnOutageIsALineAMinuteAndItsEndIsOne) {
  LedgerStatus status;
  const auto fails = [&](Duration after) {
    return times_said("the ledger can't be written", [&] { status.set_failed(kFull, kBegin + after); });
  };
  const auto works = [&] { return times_said("the ledger is written again", [&] { status.set_working(); }); };
  EXPECT_EQ(works(), 0U) << "nothing has ended";
  EXPECT_EQ(fails(Duration{0}), 1U);
  EXPECT_EQ(fails(LedgerStatus::kThrottle - Duration{1}), 0U);
  EXPECT_EQ(fails(LedgerStatus::kThrottle), 1U);
  EXPECT_EQ(works(), 1U);
  EXPECT_EQ(works(), 0U);
  EXPECT_EQ(fails(LedgerStatus::kThrottle + Duration{1}), 1U) << "another outage";
}

}  // namespace
}  // namespace respand::ledger
