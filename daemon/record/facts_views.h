#pragma once
// The views in Facts that follow the rules, for those who must treat all of them alike. Private to the module.

#include <iterator>
#include <string_view>

#include "respand/record/check.h"

namespace respand::record {

inline constexpr std::string_view Facts::*kFactsViews[] = {&Facts::timestamp,
                                                           &Facts::custom_identifier,
                                                           &Facts::start_time,
                                                           &Facts::end_time,
                                                           &Facts::generation_time,
                                                           &Facts::latency,
                                                           &Facts::cost,
                                                           &Facts::model,
                                                           &Facts::provider,
                                                           &Facts::environment,
                                                           &Facts::status,
                                                           &Facts::status_code,
                                                           &Facts::error_message,
                                                           &Facts::usage,
                                                           &Facts::prompt_unit_price,
                                                           &Facts::completion_unit_price,
                                                           &Facts::customer_identifier};

// Calls `visit(view, other)` for each view in `facts` and the same one in `others`.
template <typename Visit>
void for_each_view(Facts& facts, const Facts& others, const Visit& visit) {
  for (const auto view : kFactsViews) {
    visit(facts.*view, others.*view);
  }
  facts.counts.seen |= others.counts.seen;
  facts.usage_counts.seen |= others.usage_counts.seen;
  for (std::size_t i = 0; i < kCounts; ++i) {
    visit(facts.counts.values[i], others.counts.values[i]);
    visit(facts.usage_counts.values[i], others.usage_counts.values[i]);
  }
}

// A view that is not among them would show what was masked. Two of them are meant to.
static_assert(sizeof(Facts) == (std::size(kFactsViews) + 2 * kCounts + 2) * sizeof(std::string_view) +
                                   2 * alignof(Facts) + sizeof(Facts::raw) + sizeof(Facts::edits) +
                                   sizeof(Facts::growth) + sizeof(Facts::close) + 2 * alignof(Facts));

}  // namespace respand::record
