#pragma once
// UsageTotals: what the ledger adds up for one row. Counts stop at the largest number that SQLite holds, so that a
// hostile count spoils its own row and nothing else. Values only.

#include <algorithm>
#include <array>
#include <cstdint>

#include "ledger/duration_histogram.h"
#include "ledger/usd.h"
#include "respand/record/usage_summary.h"

namespace respand::ledger {

// A count that does not wrap.
struct Count {
  static constexpr std::int64_t kMost = INT64_MAX;
  std::int64_t value = 0;
  void add(std::int64_t more) { value = value > kMost - more ? kMost : value + more; }
  friend auto operator<=>(Count, Count) = default;
};

// Kinds of tokens, in the order of UsageTotals::tokens. The second is a part of the first, and so on: see
// record::Tokens.
enum class Kind : std::uint8_t { kPrompt, kCompletion, kCachedPrompt, kCacheWrite, kReasoning };
inline constexpr std::array kKindNames{"prompt", "completion", "cached_prompt", "cache_write", "reasoning"};

struct UsageTotals {
  Count records;
  Count errors;
  std::array<Count, 5> tokens;
  Usd cost;
  Usd reported;             // of it, what the answers themselves say: bills
  Usd computed;             // of it, what respand computed; the rest is what applications gave
  Count unpriced;           // records that used something, and what it costs is not known
  Count repeats;            // records that came before: costs.deduplicate. They are in nothing else
  Count generation_us;      // of the records that have a generation time
  std::int64_t max_us = 0;  // the longest of them
  DurationHistogram times;

  // A record that was counted before.
  void add_repeat() { repeats.add(1); }
  void add(const record::UsageSummary& summary) {
    records.add(1);
    unpriced.add(summary.unpriced ? 1 : 0);
    errors.add(summary.error ? 1 : 0);
    const record::Tokens& t = summary.tokens;
    const std::array<std::uint64_t, 5> counts{t.prompt, t.completion, t.cached_prompt, t.cache_write, t.reasoning};
    for (std::size_t kind = 0; kind < counts.size(); ++kind) {
      tokens[kind].add(static_cast<std::int64_t>(std::min(counts[kind], std::uint64_t{INT64_MAX})));
    }
    if (summary.cost) {
      const Usd money = Usd::of(*summary.cost);
      cost.add(money);
      switch (summary.cost_source) {
        case record::CostSource::kGiven:
          break;
        case record::CostSource::kReported:
          reported.add(money);
          break;
        case record::CostSource::kComputed:
          computed.add(money);
          break;
      }
    }
    if (summary.generation_time) {
      generation_us.add(summary.generation_time->count());
      max_us = std::max(max_us, std::int64_t{summary.generation_time->count()});
      times.add(*summary.generation_time);
    }
  }

  void merge(const UsageTotals& more) {
    records.add(more.records.value);
    errors.add(more.errors.value);
    for (std::size_t kind = 0; kind < tokens.size(); ++kind) {
      tokens[kind].add(more.tokens[kind].value);
    }
    cost.add(more.cost);
    reported.add(more.reported);
    computed.add(more.computed);
    unpriced.add(more.unpriced.value);
    repeats.add(more.repeats.value);
    generation_us.add(more.generation_us.value);
    max_us = std::max(max_us, more.max_us);
    times.merge(more.times);
  }
};

}  // namespace respand::ledger
