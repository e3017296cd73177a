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
}

// A view that is not among them would show what was masked. Three of them are meant to: the record, and
// two identifiers.
static_assert(sizeof(Facts) == (std::size(kFactsViews) + 3) * sizeof(std::string_view) + sizeof(Facts::usage_fields) +
                                   sizeof(Facts::raw) + sizeof(Facts::rules) + sizeof(Facts::edits) +
                                   sizeof(Facts::growth) + sizeof(Facts::close) + 2 * alignof(Facts));

}  // namespace respand::record
