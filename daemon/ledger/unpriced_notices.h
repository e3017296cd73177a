#pragma once
// UnpricedNotices: tells the log of models whose calls have no price, so that the operator can give them one. The
// ledger's thread.
//
// What holds: each model is named once in a run, and kMostModels of them; an application may make names up.

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "respand/record/usage_summary.h"

namespace respand::ledger {

class UnpricedNotices {
 public:
  // Models that are named. Of more the log hears once that there are more.
  static constexpr std::size_t kMostModels = 100;

  // A record used something, and what it costs is not known.
  void note(const record::UsageSummary& summary);

 private:
  std::set<std::string, std::less<>> told_;  // the last one, where there are more than kMostModels, was not named
};

}  // namespace respand::ledger
