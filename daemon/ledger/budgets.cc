#include "ledger/budgets.h"

#include <chrono>

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::ledger {
namespace {

constexpr int kNear = 80;  // percent
constexpr int kSpent = 100;

const char* word_of(Per per) {
  switch (per) {
    case Per::kHour:
      return "an hour";
    case Per::kDay:
      return "a day";
    case Per::kMonth:
      return "a month";
  }
  return "";
}

// The level that is crossed. Exact: spent * 100 >= limit * 80.
int level_of(const Money& spent, const Money& limit) {
  __extension__ using Wide = unsigned __int128;
  if (spent >= limit) {
    return kSpent;
  }
  const auto units = [](const Money& money) {
    return static_cast<Wide>(money.dollars) * static_cast<Wide>(Money::kUnits) + static_cast<Wide>(money.units);
  };
  return units(spent) >= units(limit) / 100 * kNear ? kNear : 0;
}

}  // namespace

std::string name_of(const Budget& budget) {
  std::string name;
  for (std::size_t i = 0; i < kNames; ++i) {
    if (budget.match[i]) {
      name += cat(kNameWords[i], "=", *budget.match[i], " ");
    }
  }
  return cat(name.empty() ? "all " : name, budget.limit.exact(), " USD ", word_of(budget.per));
}

Period period_of(Per per, std::int64_t hour) {
  using std::chrono::days;
  const auto at = std::chrono::sys_time<std::chrono::hours>(std::chrono::hours{hour});
  const auto day = std::chrono::floor<days>(at);
  const auto hours = [](std::chrono::sys_days date) {
    return std::chrono::sys_time<std::chrono::hours>(date).time_since_epoch().count();
  };
  switch (per) {
    case Per::kHour:
      return {hour, hour + 1};
    case Per::kDay:
      return {hours(day), hours(day + days{1})};
    case Per::kMonth: {
      const std::chrono::year_month_day date(day);
      const auto month = date.year() / date.month();
      return {hours(month / 1), hours((month + std::chrono::months{1}) / 1)};
    }
  }
  return {hour, hour + 1};
}

Budgets::Budgets(std::vector<Budget> budgets, metrics::Registry& registry) {
  for (Budget& budget : budgets) {
    const std::string name = name_of(budget);
    const auto crossed = [&](std::string_view percent) {
      return registry.counter("respand_budget_crossings_total", "Times that a budget's 80 or 100 percent was crossed",
                              {{"budget", name}, {"percent", percent}});
    };
    tracked_.push_back({std::move(budget), name,
                        registry.gauge("respand_budget_spent_ratio", "Share of a budget spent in the running period",
                                       {{"budget", name}}),
                        crossed("80"), crossed("100")});
  }
}

std::set<std::string> Budgets::names(const std::vector<Budget>& budgets) {
  std::set<std::string> names;
  for (const Budget& budget : budgets) {
    for (const auto& name : budget.match) {
      if (name) {
        names.insert(*name);
      }
    }
  }
  return names;
}

void Budgets::forget() {
  for (Tracked& tracked : tracked_) {
    tracked.period = {};
  }
}

bool Budgets::matches(const Budget& budget, const Key& key) {
  for (std::size_t i = 0; i < kNames; ++i) {
    if (budget.match[i] && *budget.match[i] != key.names[i]) {
      return false;
    }
  }
  return true;
}

Status Budgets::begin_period(Tracked& tracked, std::int64_t now, Store& store) {
  const Period period = period_of(tracked.budget.per, now);
  Money spent;
  const Status read = store.costs(period.from, period.to, [&](const Key& key, const Money& cost) {
    if (matches(tracked.budget, key)) {
      spent.add(cost);
    }
  });
  if (!read) {
    return read;
  }
  auto said = store.said(tracked.name);
  if (!said) {
    return std::move(said).error();
  }
  tracked.spent = spent;
  tracked.said = said->period == period.from ? static_cast<int>(said->level) : 0;
  tracked.told = 0;
  tracked.period = period;
  return {};
}

Status Budgets::speak(Tracked& tracked, Store& store) {
  const int level = level_of(tracked.spent, tracked.budget.limit);
  tracked.share.set(tracked.spent.approximate() / tracked.budget.limit.approximate());
  if (level >= kNear && tracked.told < kNear) {
    tracked.crossed80.add();
  }
  if (level >= kSpent && tracked.told < kSpent) {
    tracked.crossed100.add();
  }
  tracked.told = std::max(tracked.told, level);
  if (level <= tracked.said) {
    return {};
  }
  log::warning(level == kSpent ? "a budget is spent; records go on as before" : "a budget is 80 % spent",
               {{"budget", tracked.name},
                {"spent_usd", tracked.spent.rounded(4)},
                {"since", iso8601(time_of(tracked.period.from))}});
  tracked.said = level;
  return store.say(tracked.name, {tracked.period.from, level});
}

Status Budgets::add(const Rows& committed, std::int64_t now, Store& store) {
  for (Tracked& tracked : tracked_) {
    if (now >= tracked.period.from && now < tracked.period.to) {
      for (const auto& [key, sums] : committed) {
        if (key.hour >= tracked.period.from && key.hour < tracked.period.to && matches(tracked.budget, key)) {
          tracked.spent.add(sums.cost);
        }
      }
    } else if (auto begun = begin_period(tracked, now, store); !begun) {  // what was committed is in the store
      return begun;
    }
    if (auto spoken = speak(tracked, store); !spoken) {
      return spoken;
    }
  }
  return {};
}

std::vector<BudgetState> Budgets::state(std::int64_t now) const {
  std::vector<BudgetState> all;
  for (const Tracked& tracked : tracked_) {
    const bool running = now >= tracked.period.from && now < tracked.period.to;
    const Money spent = running ? tracked.spent : Money{};
    all.push_back({tracked.name, spent, tracked.budget.limit, level_of(spent, tracked.budget.limit)});
  }
  return all;
}

}  // namespace respand::ledger
