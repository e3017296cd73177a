#include "ledger/budgets.h"

#include <chrono>
#include <utility>

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

const char* label_of(Per per) {
  switch (per) {
    case Per::kHour:
      return "hour";
    case Per::kDay:
      return "day";
    case Per::kMonth:
      return "month";
  }
  return "";
}

// A metric in dollars or records, labelled with what the budget is about, part by part.
metrics::Gauge gauge_of(metrics::Registry& registry, const Budget& budget, std::string_view name,
                        std::string_view metric, std::string_view help) {
  static_assert(kNames == 4);
  const auto matched = [&budget](std::size_t i) {
    return budget.match[i] ? std::string_view(*budget.match[i]) : std::string_view();
  };
  return registry.gauge(metric, help,
                        {{"budget", name},
                         {"per", label_of(budget.per)},
                         {kNameWords[0], matched(0)},
                         {kNameWords[1], matched(1)},
                         {kNameWords[2], matched(2)},
                         {kNameWords[3], matched(3)}});
}

// The level that is crossed. Exact: spent * 100 >= limit * 80.
int level_of(const Usd& spent, const Usd& limit) {
  __extension__ using Wide = unsigned __int128;
  if (spent >= limit) {
    return kSpent;
  }
  const auto units = [](const Usd& money) {
    return static_cast<Wide>(money.dollars) * static_cast<Wide>(Usd::kUnits) + static_cast<Wide>(money.units);
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
    const auto gauge = [&](std::string_view metric, std::string_view help) {
      return gauge_of(registry, budget, name, metric, help);
    };
    const metrics::Gauge spent =
        gauge("respand_budget_spent_usd", "What was spent of a budget in the running period, at least");
    const metrics::Gauge limit = gauge("respand_budget_limit_usd", "What a budget allows in a period");
    const metrics::Gauge unpriced =
        gauge("respand_budget_unpriced_records",
              "Records of the running period that a budget is about and that have no price");
    limit.set(budget.limit.approximate());
    tracked_.push_back({std::move(budget), name,
                        registry.gauge("respand_budget_spent_ratio", "Share of a budget spent in the running period",
                                       {{"budget", name}}),
                        spent, limit, unpriced, crossed("80"), crossed("100")});
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
    tracked.behind.clear();
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

Budgets::Spent Budgets::sum(const Rows& rows, const Budget& budget, Period period) {
  Spent sum;
  for (const auto& [key, totals] : rows) {
    if (key.hour >= period.from && key.hour < period.to && matches(budget, key)) {
      sum.money.add(totals.cost);
      sum.unpriced.add(totals.unpriced.value);
    }
  }
  return sum;
}

// What the store holds of the period. Requires: what is to count is committed.
Status Budgets::spent_in(const Budget& budget, Period period, Store& store, Spent& spent) {
  spent = {};
  return store.costs(period.from, period.to, [&](const Key& key, const StoredCost& cost) {
    if (matches(budget, key)) {
      spent.money.add(cost.money);
      spent.unpriced.add(cost.unpriced);
    }
  });
}

// Begins to count a period, from what the store holds of it, the rows of this commit included.
Status Budgets::begin(const Tracked& tracked, Period period, const Rows& committed, Store& store, Spending& spending) {
  Spent spent;
  if (auto read = spent_in(tracked.budget, period, store, spent); !read) {
    return read;
  }
  Spending begun{.period = period, .spent = spent.money, .unpriced = spent.unpriced};
  auto said = store.said(tracked.name);
  if (!said) {
    return std::move(said).error();
  }
  if (said->period == period.from) {
    begun.said = static_cast<int>(said->level);
  } else if (said->period > period.from) {
    // The store remembers what was said of the latest period only, and this is an earlier one. The log was told of the
    // level that it had reached before this commit, and is not told of it again.
    begun.said = level_of(begun.spent.minus(sum(committed, tracked.budget, period).money), tracked.budget.limit);
  }
  if (spending.covers(period.from) && spending.stale) {  // The same period again: log and metrics know what they know.
    begun.warned = spending.warned;
    begun.said = std::max(begun.said, spending.said);
    begun.told = spending.told;
    begun.unsaved = spending.unsaved;
  }
  spending = begun;
  return {};
}

Status Budgets::count(const Tracked& tracked, Period period, const Rows& committed, Store& store, Spending& spending) {
  if (spending.stale || spending.period.from != period.from || spending.period.to != period.to) {
    return begin(tracked, period, committed, store, spending);
  }
  const Spent more = sum(committed, tracked.budget, period);
  spending.spent.add(more.money);
  spending.unpriced.add(more.unpriced.value);
  return {};
}

// Counts records of periods that are over: a stop or a full disk held them up, or they came in the last second before
// the period's end.
Status Budgets::count_late(Tracked& tracked, const Rows& committed, Store& store, Rows::const_iterator& next) {
  for (next = committed.begin(); next != committed.end();) {  // in the order of their hours
    const Period period = period_of(tracked.budget.per, next->first.hour);
    if (period.from >= tracked.running.period.from) {
      break;
    }
    if (auto counted = count(tracked, period, committed, store, tracked.late); !counted) {
      return counted;
    }
    // A crossing that the log was told of was counted then, in this run or an earlier one.
    tracked.late.told = std::max(tracked.late.told, tracked.late.said);
    if (auto spoken = speak(tracked, tracked.late, store); !spoken) {
      return spoken;
    }
    next = committed.lower_bound(Key{period.to, {}, {}});
  }
  return {};
}

void Budgets::warn(const Tracked& tracked, Spending& spending) {
  if (spending.unpriced.value > 0 && !std::exchange(spending.warned, true)) {
    log::warning("a budget is about records without a price: more is spent than is known",
                 {{"budget", tracked.name},
                  {"records_without_a_price", spending.unpriced.value},
                  {"spent_usd_at_least", spending.spent.rounded(4)},
                  {"see", "respand costs; records.prices"}});
  }
}

// Tells metrics and log of the levels that are crossed, and the store what the log was told, for the next start.
Status Budgets::speak(Tracked& tracked, Spending& spending, Store& store) {
  const int level = level_of(spending.spent, tracked.budget.limit);
  if (level >= kNear && spending.told < kNear) {
    tracked.crossed80.add();
  }
  if (level >= kSpent && spending.told < kSpent) {
    tracked.crossed100.add();
  }
  spending.told = std::max(spending.told, level);
  warn(tracked, spending);
  if (level > spending.said) {
    log::warning(level == kSpent ? "a budget is spent; records go on as before" : "a budget is 80 % spent",
                 {{"budget", tracked.name},
                  {"spent_usd", spending.spent.rounded(4)},
                  {"since", iso8601(time_of(spending.period.from))},
                  {"until", iso8601(time_of(spending.period.to))}});
    spending.said = level;
    spending.unsaved = true;
  }
  if (!spending.unsaved) {
    return {};
  }
  const auto said = store.said(tracked.name);
  if (!said) {
    return said.error();
  }
  if (said->period <= spending.period.from) {
    if (auto saved = store.say(tracked.name, {spending.period.from, spending.said}); !saved) {
      return saved;
    }
  }
  spending.unsaved = false;
  return {};
}

Status Budgets::add_today(const Rows& committed, std::int64_t now, Store& store) {
  if (today_.covers(now)) {
    const Spent more = sum(committed, all_, today_.period);
    today_.spent.add(more.money);
    today_.unpriced.add(more.unpriced.value);
    return {};
  }
  const Period day = period_of(Per::kDay, now);
  Spent spent;
  if (auto read = spent_in(all_, day, store, spent); !read) {
    return read;
  }
  today_ = {.period = day, .spent = spent.money, .unpriced = spent.unpriced};
  return {};
}

// After an error the rows that are not counted stay behind: the next add() counts them, with periods that it reads from
// the store again.
Status Budgets::add_to(Tracked& tracked, const Rows& rows, std::int64_t now, Store& store) {
  const Period period = period_of(tracked.budget.per, now);
  if (auto counted = count(tracked, period, rows, store, tracked.running); !counted) {
    tracked.running.stale = true;
    tracked.behind = rows;
    return counted;
  }
  // Earlier periods come first in the log, and the store then keeps what was said of the latest.
  auto next = rows.begin();
  Status done = count_late(tracked, rows, store, next);
  if (!done) {
    tracked.late.stale = true;
    tracked.behind = Rows(next, rows.lower_bound(Key{period.from, {}, {}}));
  }
  tracked.spent.set(tracked.running.spent.approximate());
  tracked.unpriced.set(static_cast<double>(tracked.running.unpriced.value));
  tracked.share.set(tracked.running.spent.approximate() / tracked.budget.limit.approximate());
  Status spoken = speak(tracked, tracked.running, store);
  return done ? std::move(spoken) : std::move(done);
}

Status Budgets::add(const Rows& committed, std::int64_t now, Store& store) {
  Status done = add_today(committed, now, store);
  for (Tracked& tracked : tracked_) {
    Rows behind = std::exchange(tracked.behind, {});
    const bool all = behind.empty();
    if (!all) {
      for (const auto& [key, totals] : committed) {
        behind[key].merge(totals);
      }
    }
    if (auto added = add_to(tracked, all ? committed : behind, now, store); !added && done) {
      done = std::move(added);
    }
  }
  return done;
}

Usd Budgets::today(std::int64_t now) const { return today_.covers(now) ? today_.spent : Usd{}; }

std::int64_t Budgets::today_unpriced(std::int64_t now) const { return today_.covers(now) ? today_.unpriced.value : 0; }

std::vector<BudgetState> Budgets::state(std::int64_t now) const {
  std::vector<BudgetState> all;
  for (const Tracked& tracked : tracked_) {
    const Usd spent = tracked.running.covers(now) ? tracked.running.spent : Usd{};
    const std::int64_t unpriced = tracked.running.covers(now) ? tracked.running.unpriced.value : 0;
    all.push_back({tracked.name, spent, tracked.budget.limit, level_of(spent, tracked.budget.limit), unpriced});
  }
  return all;
}

}  // namespace respand::ledger
