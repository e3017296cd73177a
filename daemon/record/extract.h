#pragma once
// From a raw call to the log's fields: what a record lacks is added, as copies of the application's own bytes through
// the record's edits. RAW.md says which field comes from where. Private to the module.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "record/sdk_payload.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// Which fields are added.
struct Extraction {
  bool model = false;
  bool prompt = false;
  bool completion = false;
  bool tool_calls = false;
  bool usage = false;
  bool error_message = false;
  bool status_code = false;
  bool status = false;
  bool tools = false;
  std::uint32_t parameters = 0;  // bits, as in RecordFields

  [[nodiscard]] bool any() const {
    return tools || parameters != 0 || model || prompt || completion || tool_calls || usage || error_message ||
           status_code || status;
  }
};

// The fields that are added, but for the parameters.
inline constexpr std::string_view kExtracted[] = {"model",       "prompt_messages", "completion_message",
                                                  "tool_calls",  "usage",           "error_message",
                                                  "status_code", "status",          "tools"};

// The model that the answer names, as written; empty where it names none.
[[nodiscard]] std::string_view answer_model(const SdkPayload& raw);
// The answer's model, or else the request's.
[[nodiscard]] std::string_view model_of(const SdkPayload& raw);
// Whether a model answered: there is a message, or text.
[[nodiscard]] bool has_answer(const SdkPayload& raw);
// What the record lacks and its raw call has. Requires: fields.raw.
[[nodiscard]] Extraction extractable(const RecordFields& fields);
// The most bytes that they take.
[[nodiscard]] std::size_t growth_of(const Extraction& extraction, const RecordFields& fields);
// The fields as they will be: what is going to be added counts as the record's own.
[[nodiscard]] RecordFields with_extracted(const RecordFields& fields, const Extraction& extraction);
// Writes the members, each with a comma in front, and returns their end. Requires: room for growth_of() bytes.
char* put_extracted(std::string_view record, const RecordFields& fields, const Extraction& extraction, char* out);

}  // namespace respand::record
