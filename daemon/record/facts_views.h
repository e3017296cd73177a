#pragma once
// The views in Facts, for those who must treat all of them alike. Private to the module.

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
                                                           &Facts::customer_identifier};

// A view that is not in the list would show what was masked.
static_assert(sizeof(Facts) == std::size(kFactsViews) * sizeof(std::string_view) + sizeof(Facts::edits) +
                                   sizeof(Facts::growth) + sizeof(Facts::close) + alignof(Facts));

}  // namespace respand::record
