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
    tracked.running = tracked.late = {};
  }
  today_ = {};
}

bool Budgets::matches(const Budget& budget, const Key& key) {
  for (std::size_t i = 0; i < kNames; ++i) {
    if (budget.match[i] && *budget.match[i] != key.names[i]) {
      return false;
    }
  }
  return true;
}

Money Budgets::sum(const Rows& rows, const Budget& budget, Period period) {
  Money sum;
  for (const auto& [key, sums] : rows) {
    if (key.hour >= period.from && key.hour < period.to && matches(budget, key)) {
      sum.add(sums.cost);
    }
  }
  return sum;
}

// What was committed is in the store.
Status Budgets::spent_in(const Budget& budget, Period period, Store& store, Money& spent) {
  spent = {};
  return store.costs(period.from, period.to, [&](const Key& key, const Money& cost) {
    if (matches(budget, key)) {
      spent.add(cost);
    }
  });
}

Status Budgets::begin(const Tracked& tracked, Period period, const Rows& committed, Store& store, Spending& spending) {
  Spending begun{.period = period};
  if (auto read = spent_in(tracked.budget, period, store, begun.spent); !read) {
    return read;
  }
  auto said = store.said(tracked.name);
  if (!said) {
    return std::move(said).error();
  }
  if (said->period == period.from) {
    begun.said = static_cast<int>(said->level);
  } else if (said->period > period.from) {
    // What was said of it is forgotten: what it came to before this commit.
    begun.said = level_of(begun.spent.minus(sum(committed, tracked.budget, period)), tracked.budget.limit);
  }
  spending = begun;
  return {};
}

Status Budgets::count(const Tracked& tracked, Period period, const Rows& committed, Store& store, Spending& spending) {
  if (spending.period.from != period.from || spending.period.to != period.to) {
    return begin(tracked, period, committed, store, spending);
  }
  spending.spent.add(sum(committed, tracked.budget, period));
  return {};
}

// Records that a stop or a full disk held up, or that came within a second of the period's end.
Status Budgets::count_late(Tracked& tracked, const Rows& committed, Store& store) {
  for (auto row = committed.begin(); row != committed.end();) {  // by hour
    const Period period = period_of(tracked.budget.per, row->first.hour);
    if (period.from >= tracked.running.period.from) {
      break;
    }
    if (auto counted = count(tracked, period, committed, store, tracked.late); !counted) {
      return counted;
    }
    tracked.late.told = std::max(tracked.late.told, tracked.late.said);
    if (auto spoken = speak(tracked, tracked.late, store); !spoken) {
      return spoken;
    }
    row = committed.lower_bound(Key{period.to, {}});
  }
  return {};
}

Status Budgets::speak(Tracked& tracked, Spending& spending, Store& store) {
  const int level = level_of(spending.spent, tracked.budget.limit);
  if (level >= kNear && spending.told < kNear) {
    tracked.crossed80.add();
  }
  if (level >= kSpent && spending.told < kSpent) {
    tracked.crossed100.add();
  }
  spending.told = std::max(spending.told, level);
  if (level <= spending.said) {
    return {};
  }
  log::warning(level == kSpent ? "a budget is spent; records go on as before" : "a budget is 80 % spent",
               {{"budget", tracked.name},
                {"spent_usd", spending.spent.rounded(4)},
                {"since", iso8601(time_of(spending.period.from))},
                {"until", iso8601(time_of(spending.period.to))}});
  spending.said = level;
  const auto said = store.said(tracked.name);
  if (!said) {
    return said.error();
  }
  return said->period > spending.period.from ? Status{} : store.say(tracked.name, {spending.period.from, level});
}

Status Budgets::add(const Rows& committed, std::int64_t now, Store& store) {
  if (!today_.covers(now)) {
    Spending begun{.period = period_of(Per::kDay, now)};
    if (auto read = spent_in(all_, begun.period, store, begun.spent); !read) {
      return read;
    }
    today_ = begun;
  } else {
    today_.spent.add(sum(committed, all_, today_.period));
  }
  for (Tracked& tracked : tracked_) {
    const Period period = period_of(tracked.budget.per, now);
    if (auto counted = count(tracked, period, committed, store, tracked.running); !counted) {
      return counted;
    }
    // Of two periods the earlier one is spoken of first.
    if (auto counted = count_late(tracked, committed, store); !counted) {
      return counted;
    }
    tracked.share.set(tracked.running.spent.approximate() / tracked.budget.limit.approximate());
    if (auto spoken = speak(tracked, tracked.running, store); !spoken) {
      return spoken;
    }
  }
  return {};
}

Money Budgets::today(std::int64_t now) const { return today_.covers(now) ? today_.spent : Money{}; }

std::vector<BudgetState> Budgets::state(std::int64_t now) const {
  std::vector<BudgetState> all;
  for (const Tracked& tracked : tracked_) {
    const Money spent = tracked.running.covers(now) ? tracked.running.spent : Money{};
    all.push_back({tracked.name, spent, tracked.budget.limit, level_of(spent, tracked.budget.limit)});
  }
  return all;
}

}  // namespace respand::ledger
