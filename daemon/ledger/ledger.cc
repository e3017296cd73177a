#include "ledger/ledger.h"

#include <algorithm>
#include <cstring>

#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::ledger {

Ledger::Ledger(Settings settings, journal::JournalTailer& tailer, fs::FileSystem& fs, metrics::Registry& registry,
               const Clock& clock)
    : settings_(std::move(settings)),
      tailer_(tailer),
      fs_(fs),
      clock_(clock),
      durable_([this] { sleeper_.wake(); }),
      filled_([this] { sleeper_.wake(); }),
      missed_(
          registry.counter("respand_ledger_missed_records_total",
                           "Records that the ledger could not count: their journal segments were given up for room, "
                           "or were damaged")),
      set_aside_(registry.counter("respand_ledger_set_aside_total", "Broken ledger files that were set aside")),
      repeats_(registry.counter("respand_ledger_repeated_records_total",
                                "Records that came before and are no spend again: costs.deduplicate")),
      names_(Budgets::names(settings_.budgets)),
      budgets_(settings_.budgets, registry),
      usage_metrics_(registry) {
  most_ = tailer_.durable_end();
  tailer_.attach_tailer(durable_, filled_);
}

Ledger::~Ledger() { stop(); }

void Ledger::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Ledger::run(const std::stop_token& stop) {
  name_this_thread("ledger");
  while (!stop.stop_requested()) {
    const MonoTime next = step();
    const MonoTime now = clock_.mono();
    if (next <= now) {
      continue;
    }
    // A full segment is read at once, so that it can go. New records ring only while nothing is planned for them.
    filled_.arm();
    if (idle_) {
      durable_.arm();
      if (tailer_.durable_end() > place_.next) {
        durable_.disarm();
        continue;
      }
    }
    sleeper_.wait_until(next);
    filled_.disarm();
    durable_.disarm();
  }
}

void Ledger::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  if (thread_.joinable()) {
    thread_.request_stop();
    sleeper_.wake();
    thread_.join();
    // What is left is counted at the next start; a stop waits for what a second brings.
    const MonoTime until = clock_.mono() + kInterval;
    do {
      static_cast<void>(step());
    } while (!idle_ && retry_at_ <= clock_.mono() && clock_.mono() < until);
  }
  store_.reset();
}

MonoTime Ledger::step() {
  const MonoTime now = clock_.mono();
  if (now < retry_at_) {
    return retry_at_;
  }
  const Status done = turn();
  if (!done) {
    idle_ = false;
    failed(now, done.error());
    return retry_at_;
  }
  set_issue(Condition::kNone, {});
  if (turn_.more) {
    return now;
  }
  idle_ = tailer_.durable_end() <= place_.next;
  if (!idle_) {
    return std::max(commit_at_, now);
  }
  if (!std::exchange(rested_, true)) {
    settings_.came_to_rest();
  }
  const WallTime wall = clock_.wall();
  return std::min(forget_at_, now + (time_of(hour_of(wall) + 1) - wall));  // budgets begin anew with the hour
}

Status Ledger::turn() {
  if (store_ && store_->moved()) {
    log::warning("the ledger's file was removed or replaced: it is opened anew", {{"file", path()}});
    store_.reset();
  }
  if (!store_) {
    if (auto opened = open(); !opened) {
      return opened;
    }
  }
  if (!any_pending_) {
    if (auto done = read(); !done) {
      return done;
    }
  }
  if (any_pending_) {
    if (auto done = commit(); !done) {
      return done;
    }
  }
  if (const std::int64_t hour = hour_of(clock_.wall()); hour != budget_hour_) {
    if (auto done = tell({}, hour); !done) {
      return done;
    }
    budget_hour_ = hour;
    show(hour);
  }
  return forget_old(clock_.mono());
}

Status Ledger::open() {
  if (auto made = fs_.make_directories(settings_.directory); !made) {
    return std::move(made).fail("costs.directory");
  }
  // SQLite would make it for everybody to read.
  if (auto made = fs_.open(path(), fs::OpenMode::kCreate); !made) {
    return std::move(made).fail("costs.directory");
  }
  auto store = Store::open(path(), settings_.vfs);
  if (!store) {
    return std::move(store).error();
  }
  store_.emplace(std::move(*store));
  drop_pending();
  budgets_.forget();
  day_spend_.forget();
  budget_hour_ = INT64_MIN;
  place_ = store_->place();
  counted_missed_ = place_.missed;
  const bool same = place_.journal == tailer_.journal() && place_.next > Sequence{};
  const Sequence counted = same ? place_.next : Sequence{};
  place_.journal = tailer_.journal();
  place_.next = tailer_.begin(std::min(counted, most_));
  if (same && counted > most_) {
    log::warning("the journal ends before the ledger: the disk lost records that are counted",
                 {{"records", counted.value - most_.value}});
  }
  log::info("ledger opened", {{"file", path()}, {"next_sequence", place_.next.value}});
  show(hour_of(clock_.wall()));
  committed_ = rested_ = false;
  return {};
}

Status Ledger::read() {
  count_failure_.reset();
  const Status done = tailer_.read_on(
      kMostATurn, [this](const journal::TailedRecord& tailed) { count(tailed); }, turn_);
  if (count_failure_) {
    // The names of the day could not be read. Nothing of this turn counts; it is read again.
    drop_pending();
    place_.next = tailer_.begin(store_->place().next);
    return *count_failure_;
  }
  const std::uint64_t missed = turn_.gone + turn_.unsound;
  any_pending_ = any_pending_ || turn_.next > place_.next;
  place_.next = turn_.next;
  place_.missed += missed;
  if (missed > 0) {
    log::warning("records are missing in the ledger: the journal could not keep them, or they are damaged",
                 {{"records", missed}, {"before_sequence", turn_.next.value}});
  }
  if (done) {
    read_failures_ = 0;
    return {};
  }
  if (++read_failures_ >= kMostReadFailures) {
    read_failures_ = 0;
    const std::uint64_t skipped = tailer_.skip_segment();
    log::error("the ledger gives up a segment of the journal that can't be read",
               {{"records", skipped}, {"error", done.error().message}});
    place_.next = Sequence{place_.next.value + skipped};
    place_.missed += skipped;
    any_pending_ = true;
    return {};
  }
  // What was read before is committed first.
  return any_pending_ ? Status{} : done;
}

// What was replayed from the dead letters has no account: it was counted when it came first.
void Ledger::count(const journal::TailedRecord& tailed) {
  const Way way{tailed.route, journal::find_attribute(tailed.attributes, journal::Tag::kKey)};
  std::string_view list = tailed.attributes;
  while (const auto attribute = journal::take_attribute(list)) {
    if (attribute->tag == journal::Tag::kAccount) {
      count(attribute->value, hour_of(tailed.received), way);
    }
  }
}

void Ledger::count(std::string_view value, std::int64_t hour, const Way& way) {
  const auto decoded = record::decode(value);
  if (!decoded || count_failure_) {
    return;
  }
  auto summary = account_of(hour, *decoded, way);
  auto repeat = is_repeat(decoded->identity, hour);
  if (!summary || !repeat) {
    count_failure_ = summary ? std::move(repeat).error() : std::move(summary).error();
    return;
  }
  if (*repeat) {
    return summary->totals->add_repeat();
  }
  summary->totals->add(*decoded);
  if (decoded->unpriced) {
    say_unpriced(*decoded);
  }
  if (decoded->generation_time) {
    UsageMetrics::observe(*summary->series, *decoded->generation_time);
  }
}

Result<std::string> Ledger::admit(std::size_t kind, std::string_view name, std::int64_t hour) {
  return names_.admit(kind, name, hour,
                      [this](std::size_t one, std::int64_t from, std::int64_t to) -> Result<std::vector<std::string>> {
                        if (one < kNames) {
                          return store_->names(static_cast<Name>(one), from, to);
                        }
                        std::vector<std::string> values;
                        if (one - kNames >= settings_.dimensions.size()) {
                          return values;
                        }
                        auto rows = store_->dimensions(from, to);
                        if (!rows) {
                          return std::move(rows).error();
                        }
                        for (const std::string& row : *rows) {
                          values.emplace_back(dimension_in(row, settings_.dimensions[one - kNames]));
                        }
                        return values;
                      });
}

Result<Ledger::UsageSummary> Ledger::account_of(std::int64_t hour, const record::UsageSummary& summary,
                                                const Way& way) {
  const std::array<std::string_view, kNames> names{summary.model, summary.provider, summary.customer,
                                                   summary.environment};
  account_key_.assign(reinterpret_cast<const char*>(&hour), sizeof hour);
  for (const std::string_view name : names) {
    account_key_.append(name).push_back('\xff');  // in no UTF-8 text
  }
  for (const std::string_view value : summary.dimensions) {
    account_key_.append(value).push_back('\xff');
  }
  account_key_.append(way.key).push_back(static_cast<char>(index_of(way.route)));
  if (const auto found = accounts_.find(account_key_); found != accounts_.end()) {
    return found->second;
  }
  Key key{hour, {}, {}};
  for (std::size_t i = 0; i < kNames; ++i) {
    auto name = admit(i, names[i], hour);
    if (!name) {
      return std::move(name).error();
    }
    key.names[i] = std::move(*name);
  }
  for (std::size_t i = 0; i < settings_.dimensions.size(); ++i) {
    auto value = admit(kNames + i, summary.dimensions[i], hour);
    if (!value) {
      return std::move(value).error();
    }
    put_dimension(key.dimensions, settings_.dimensions[i], *value);
  }
  put_way(key, way);
  UsageMetrics::Series& series = usage_metrics_.series(key.names[static_cast<std::size_t>(Name::kModel)]);
  const UsageSummary found{&pending_[std::move(key)], &series};
  accounts_.emplace(account_key_, found);
  return found;
}

Status Ledger::commit() {
  if (auto done = store_->commit(pending_, place_, identities_); !done) {
    return done;
  }
  missed_.add(static_cast<double>(place_.missed - counted_missed_));
  counted_missed_ = place_.missed;
  tailer_.unpin(place_.next);
  most_ = std::max(most_, place_.next);
  usage_metrics_.publish(pending_);
  for (const auto& [key, totals] : pending_) {
    repeats_.add(static_cast<double>(totals.repeats.value));
  }
  const std::int64_t hour = hour_of(clock_.wall());
  Status told = tell(pending_, hour);
  budget_hour_ = hour;
  pending_.clear();
  accounts_.clear();
  identities_.clear();
  any_pending_ = false;
  if (!std::exchange(committed_, true)) {
    rested_ = false;
  }
  commit_at_ = clock_.mono() + kInterval;
  show(hour);
  return told;
}

Status Ledger::forget_old(MonoTime now) {
  if (now < forget_at_) {
    return {};
  }
  auto newest = store_->newest();
  if (!newest) {
    return std::move(newest).error();
  }
  bool more = false;
  if (*newest) {
    // A clock that was set far ahead for a moment removes nothing.
    auto left = forget_rows(std::min(hour_of(clock_.wall()), **newest));
    if (!left) {
      return std::move(left).error();
    }
    more = *left;
  }
  forget_at_ = now + (more ? kInterval : kForgetInterval);
  return {};
}

// Whether there may be more to forget.
Result<bool> Ledger::forget_rows(std::int64_t hour) {
  const std::int64_t kept = std::chrono::floor<std::chrono::hours>(settings_.retention).count();
  auto rows = store_->forget(hour - kept, kForgetAtOnce);
  if (!rows) {
    return std::move(rows).error();
  }
  const std::int64_t remembered = std::chrono::ceil<std::chrono::hours>(settings_.deduplicate).count();
  auto identities = store_->forget_identities(hour - remembered, kForgetIdentitiesAtOnce);
  if (!identities) {
    return std::move(identities).error();
  }
  return *rows == kForgetAtOnce || *identities == kForgetIdentitiesAtOnce;
}

void Ledger::drop_pending() {
  pending_.clear();
  accounts_.clear();
  identities_.clear();
  any_pending_ = false;
  names_.forget();
  usage_metrics_.discard();
}

void Ledger::set_issue(Condition condition, const std::string& issue) {
  const bool over = state_.with([&](State& state) {
    const bool ended = state.condition != Condition::kNone && condition == Condition::kNone;
    state.condition = condition;
    state.issue = issue;
    return ended;
  });
  if (over) {
    issue_throttle_ = log::LogThrottle(std::chrono::minutes{1});
    log::info("the ledger is written again");
  }
}

// Those who follow what was committed; both, whatever becomes of the first.
Status Ledger::tell(const Rows& committed, std::int64_t hour) {
  Status budgeted = budgets_.add(committed, hour, *store_);
  Status spent = day_spend_.add(committed, hour, *store_);
  return budgeted ? std::move(spent) : std::move(budgeted);
}

void Ledger::show(std::int64_t hour) {
  state_.with([&](State& state) {
    state.missed = place_.missed;
    state.today = budgets_.today(hour);
    state.today_unpriced = budgets_.today_unpriced(hour);
    state.budgets = budgets_.state(hour);
    state.spend = day_spend_.tables();
  });
}

State Ledger::state() const {
  return state_.with([](const State& state) { return state; });
}

}  // namespace respand::ledger
