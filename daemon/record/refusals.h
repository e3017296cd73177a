#pragma once
// The words in which a record is refused. They name the fault and its byte, and hold nothing of the record. Private to
// the module.

#include <rapidjson/error/error.h>

#include <cstddef>
#include <string_view>

#include "respand/base/units.h"
#include "respand/json/scan.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// A refusal for `reason`: "not valid JSON: WHAT, at byte BYTE".
[[nodiscard]] Refusal refuse(Reason reason, std::size_t byte, std::string_view what);
[[nodiscard]] Refusal refuse_size(std::size_t size, Bytes limit);
// More than kMostEdits places are to be masked.
[[nodiscard]] Refusal refuse_masks();
// A string or number that TokenStream found faulty.
[[nodiscard]] Refusal refuse_token(std::string_view bytes, json::Fault fault, std::size_t byte);
// A text that RapidJSON could not go on with.
[[nodiscard]] Refusal refuse_grammar(std::string_view bytes, rapidjson::ParseErrorCode code, std::size_t byte);
// A text whose outermost value, at `byte`, is no object.
[[nodiscard]] Refusal refuse_root(std::string_view bytes, std::size_t byte);

}  // namespace respand::record
