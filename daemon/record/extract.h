#pragma once
// From a raw call to the log's fields: what a record lacks is added, as copies of the application's own bytes through
// the record's edits. RAW.md says which field comes from where. Private to the module.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "record/raw_call.h"
#include "respand/record/check.h"

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
  std::uint32_t parameters = 0;  // bits, as in Facts

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
[[nodiscard]] std::string_view answer_model(const RawCall& raw);
// That, else the request's.
[[nodiscard]] std::string_view model_of(const RawCall& raw);
// A model answered: there is a message, or text.
[[nodiscard]] bool has_answer(const RawCall& raw);
// What the record lacks and its raw call has. Requires: facts.raw.
[[nodiscard]] Extraction extractable(const Facts& facts);
// The most bytes that they take.
[[nodiscard]] std::size_t growth_of(const Extraction& extraction, const Facts& facts);
// The facts as they will be: what is going to be added counts as the record's own.
[[nodiscard]] Facts with_extracted(const Facts& facts, const Extraction& extraction);
// Writes the members, each with a comma in front, and returns their end. Requires: room for growth_of() bytes.
char* put_extracted(std::string_view record, const Facts& facts, const Extraction& extraction, char* out);

}  // namespace respand::record
