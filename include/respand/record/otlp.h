#pragma once
// Masks export requests of traces (OTLP): values of attributes by their key (records.redact_attributes), and what
// records.redact_text recognises in string values and in the message of a status. Attributes are masked wherever they
// stand: in a resource, a scope, a span, an event, a link, or within another attribute. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/edit.h"

namespace respand::record {

class Rules;

// A request after masking.
struct OtlpMasked {
  // What came of it.
  enum class What : std::uint8_t {
    kUnchanged,  // the request may go out as it is
    kChanged,    // `text` goes out in its place
    kNotRead,    // it is no such request, as far as is looked at: it must not go out
    kTooMany,    // there are too many values to mask: it must not go out
  };
  What what = What::kUnchanged;   // what to do with the request
  std::string text{};             // the request with its masks, for kChanged
  std::vector<RuleIndex> hits{};  // a rule for each mask
};

// Masks a request in JSON. Requires: a JSON object that a RecordParser has accepted.
[[nodiscard]] OtlpMasked mask_otlp_json(std::string_view body, const Rules& rules);
// Masks a request in protobuf. The messages around a mask get their new lengths; fields that are not known stay.
[[nodiscard]] OtlpMasked mask_otlp_protobuf(std::string_view body, const Rules& rules);

}  // namespace respand::record
