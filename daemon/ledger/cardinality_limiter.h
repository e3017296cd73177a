#pragma once
// CardinalityLimiter: how many different models, providers, customers, environments and hosts a day may have. The first
// ones of a day are counted under their own names, later ones under `other`, so that an application that puts random
// text where a name belongs fills neither the disk nor a page of metrics. A name that a budget matches is always
// counted under itself. One thread.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/row.h"
#include "respand/base/result.h"

namespace respand::ledger {

class CardinalityLimiter {
 public:
  // A day's different names, by kind: in the order of Name, behind them those of the dimensions, and hosts.
  static constexpr std::array<std::size_t, kKinds> kMostADay{1'000, 100, 10'000, 100, 1'000, 1'000, 1'000, 1'000};
  // Days that are remembered: today, and those of a backlog that is being read. A day that was forgotten is loaded
  // again.
  static constexpr std::size_t kDays = 3;

  // What the ledger holds of a kind in the hours [from, to).
  using Load = std::function<Result<std::vector<std::string>>(std::size_t kind, std::int64_t from, std::int64_t to)>;

  explicit CardinalityLimiter(std::set<std::string> always) : always_(std::move(always)) {}

  // The name to count under: `name` made printable, or `other`. An error is that of `load`.
  [[nodiscard]] Result<std::string> admit(std::size_t kind, std::string_view name, std::int64_t hour, const Load& load);
  // The ledger was replaced, or what was admitted did not get into it.
  void forget() { days_.clear(); }

 private:
  using Day = std::array<std::set<std::string, std::less<>>, kKinds>;
  [[nodiscard]] Result<Day*> day(std::int64_t hour, const Load& load);

  const std::set<std::string> always_;
  std::map<std::int64_t, Day> days_;
};

}  // namespace respand::ledger
