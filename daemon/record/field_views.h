#pragma once
// The views in RecordFields that follow the rules, for those who must treat all of them alike. Private to the module.

#include <iterator>
#include <string_view>

#include "respand/record/record_parser.h"

namespace respand::record {

inline constexpr std::string_view RecordFields::*kFieldViews[] = {&RecordFields::timestamp,
                                                                  &RecordFields::custom_identifier,
                                                                  &RecordFields::start_time,
                                                                  &RecordFields::end_time,
                                                                  &RecordFields::generation_time,
                                                                  &RecordFields::latency,
                                                                  &RecordFields::cost,
                                                                  &RecordFields::model,
                                                                  &RecordFields::provider,
                                                                  &RecordFields::environment,
                                                                  &RecordFields::status,
                                                                  &RecordFields::status_code,
                                                                  &RecordFields::error_message,
                                                                  &RecordFields::usage,
                                                                  &RecordFields::prompt_unit_price,
                                                                  &RecordFields::completion_unit_price,
                                                                  &RecordFields::customer_identifier};

// Calls `visit(view, other)` for each view in `fields` and the same one in `others`.
template <typename Visit>
void for_each_view(RecordFields& fields, const RecordFields& others, const Visit& visit) {
  for (const auto view : kFieldViews) {
    visit(fields.*view, others.*view);
  }
}

// A view that is not among them would show what was masked. Three of them are meant to: the record, and
// two identifiers.
static_assert(sizeof(RecordFields) ==
              (std::size(kFieldViews) + 3) * sizeof(std::string_view) + sizeof(RecordFields::usage_fields) +
                  sizeof(RecordFields::raw) + sizeof(RecordFields::rules) + sizeof(RecordFields::edits) +
                  sizeof(RecordFields::growth) + sizeof(RecordFields::close) + 2 * alignof(RecordFields));

}  // namespace respand::record
