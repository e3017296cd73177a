#pragma once
// Where a record or an answer tells of usage, bills and the like outside of its `usage`: what the parser noted, by the
// table in usage_names.h. Private to the module.

#include <array>
#include <cstddef>
#include <string_view>

#include "record/usage_names.h"

namespace respand::record {

struct UsageFields {
  struct Field {
    const UsageName* line;
    std::string_view value;  // as written; empty where it was masked
  };
  // Room for more names of usage than any known shape has.
  static constexpr std::size_t kMost = 24;

  std::array<Field, kMost> fields;  // the first `count` of them
  std::size_t count = 0;
  bool complete = true;  // there was room for all

  UsageFields() = default;  // leaves the fields as they are

  void clear() {
    count = 0;
    complete = true;
  }
  // Where the value of a name goes; of a repeated one the last counts. Null: there is no room.
  std::string_view* note(const UsageName* line) {
    for (std::size_t i = 0; i < count; ++i) {
      if (fields[i].line == line) {
        fields[i].value = {};
        return &fields[i].value;
      }
    }
    if (count == kMost) {
      complete = false;
      return nullptr;
    }
    fields[count] = {line, {}};
    return &fields[count++].value;
  }
  // The record's own prompt_tokens or completion_tokens are there, null or not.
  [[nodiscard]] bool has_counts() const {
    for (std::size_t i = 0; i < count; ++i) {
      if (fields[i].line->count == Count::kPrompt || fields[i].line->count == Count::kCompletion) {
        return true;
      }
    }
    return false;
  }
};

}  // namespace respand::record
