#pragma once
// From a raw call to the log's fields: what a record lacks is added, as copies of the application's own bytes through
// the record's edits. RAW.md says which field comes from where. Private to the module.

#include <cstddef>
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
  std::size_t growth = 0;  // the most bytes that they take

  [[nodiscard]] bool any() const { return growth != 0; }
};

// What the record lacks and its raw call has. Nothing where the record would become larger than the API takes.
[[nodiscard]] Extraction extraction_of(const Facts& facts);
// The facts as they will be: what is going to be added counts as the record's own.
[[nodiscard]] Facts with_extracted(const Facts& facts, const Extraction& extraction);
// Writes the members, each with a comma in front, and returns their end. Requires: room for extraction.growth bytes.
char* put_extracted(std::string_view record, const Facts& facts, const Extraction& extraction, char* out);

}  // namespace respand::record
