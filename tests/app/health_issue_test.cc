// Issues: their kinds have names that are read back, and the clock knows since when there is one.

#include "app/health_issue.h"

#include <gtest/gtest.h>

#include <set>

namespace respand::app {
namespace {

using std::chrono::seconds;

TEST(IssueKinds, HaveNamesThatAreReadBack) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kIssueKinds; ++i) {
    const auto kind = static_cast<IssueKind>(i);
    EXPECT_EQ(issue_kind_of(name_of(kind)), kind) << i;
    names.insert(name_of(kind));
  }
  EXPECT_EQ(names.size(), kIssueKinds);
  EXPECT_EQ(issue_kind_of("of a newer daemon"), std::nullopt);
}

TEST(IssueClock, IsWhenItWasFirstSeenAndEndsWithIt) {
  IssueClock since;
  const WallTime start{seconds{1'000}};
  HealthIssues issues = {{.kind = IssueKind::kLedger},
                         {.kind = IssueKind::kJournalDamaged, .severity = HealthIssue::Severity::kHappened}};
  since.note(issues, start);
  EXPECT_EQ(issues[0].since, start);
  EXPECT_EQ(issues[1].since, WallTime{});
  issues = {{.kind = IssueKind::kLedger}, {.kind = IssueKind::kSpool}};
  since.note(issues, start + seconds{5});
  EXPECT_EQ(issues[0].since, start);
  EXPECT_EQ(issues[1].since, start + seconds{5});
  issues = {{.kind = IssueKind::kSpool}};
  since.note(issues, start + seconds{6});
  issues = {{.kind = IssueKind::kLedger}};
  since.note(issues, start + seconds{7});
  EXPECT_EQ(issues[0].since, start + seconds{7});
}

}  // namespace
}  // namespace respand::app
