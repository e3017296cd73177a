#include "ledger/cardinality_limiter.h"

#include "respand/base/text.h"
#include "respand/record/usage_summary.h"

namespace respand::ledger {
namespace {

constexpr std::int64_t kHours = 24;

// Rounds down, also before 1970.
std::int64_t day_of(std::int64_t hour) { return (hour >= 0 ? hour : hour - (kHours - 1)) / kHours; }

}  // namespace

Result<CardinalityLimiter::Day*> CardinalityLimiter::day(std::int64_t hour, const Load& load) {
  const std::int64_t number = day_of(hour);
  if (const auto found = days_.find(number); found != days_.end()) {
    return &found->second;
  }
  // A restart must not give the day another set of names: those that it had are in the ledger.
  Day day;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    auto known = load(kind, number * kHours, (number + 1) * kHours);
    if (!known) {
      return std::move(known).error();
    }
    day[kind].insert(known->begin(), known->end());
  }
  if (days_.size() >= kDays) {
    days_.erase(days_.begin());  // the oldest
  }
  return &(days_[number] = std::move(day));
}

Result<std::string> CardinalityLimiter::admit(std::size_t kind, std::string_view name, std::int64_t hour,
                                              const Load& load) {
  // Names go into tables, terminals and CSV files, so they hold no control characters and nothing that turns the
  // direction of writing.
  std::string clean = printable(name, record::kMaxName);
  auto today = day(hour, load);
  if (!today) {
    return std::move(today).error();
  }
  auto& seen = (**today)[kind];
  if (clean.empty() || seen.contains(clean) || always_.contains(clean)) {
    return clean;
  }
  if (seen.size() >= kMostADay[kind]) {
    return std::string(kOther);
  }
  seen.insert(clean);
  return clean;
}

}  // namespace respand::ledger
