#pragma once
// Masks in an export request of traces (OTLP): values of attributes by their key (records.redact_attributes), and what
// records.redact_text recognises in string values and in the message of a status. Wherever an attribute stands: of a
// resource, a scope, a span, an event, a link, or within another. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/edit.h"

namespace respand::record {

class Rules;

struct OtlpMasked {
  enum class What : std::uint8_t {
    kUnchanged,  // it may go as it is
    kChanged,    // `text` goes instead
    kNotRead,    // it is no such request as far as is looked at
    kTooMany,    // values to mask
  };
  What what = What::kUnchanged;
  std::string text{};
  std::vector<RuleIndex> hits{};  // a rule for each mask
};

// Requires: a JSON object that a RecordParser has accepted.
[[nodiscard]] OtlpMasked mask_otlp_json(std::string_view body, const Rules& rules);
// In protobuf. What stands around a mask gets its new length; fields that are not known stay.
[[nodiscard]] OtlpMasked mask_otlp_protobuf(std::string_view body, const Rules& rules);

}  // namespace respand::record
