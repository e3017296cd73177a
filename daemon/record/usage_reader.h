#pragma once
// Reads objects that hold usage by the table in usage_names.h: a pass of its own over the few bytes of each, when the
// record has been checked. Private to the module; one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/usage_fields.h"
#include "record/usage_names.h"
#include "respand/record/decimal.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_counts.h"

namespace respand::record {

// What was read of a source. A name with 0 does not hide another name with more; a null counts as missing.
struct UsageReading {
  std::uint64_t seen = 0;                     // bit i: the i-th Count is there
  std::uint64_t conflict = 0;                 // and under two names with two values, both above 0
  std::array<std::uint64_t, kCounts> values;  // meaningful where seen
  std::array<const UsageName*, kCounts> lines;
  bool sound = true;        // no count is wrong: negative, a fraction, beyond kMaxUsage, no number
  bool local = false;       // Ollama's
  bool gemini = false;      // Gemini's own names
  bool sdk_caches = false;  // caches as Vercel's SDK passes on Anthropic's: beside the prompt's tokens
  bool own_key = false;
  bool other_model = false;  // a part was answered by another model, of another price
  std::optional<Decimal> bill{};
  std::optional<Decimal> upstream_bill{};
  std::optional<Decimal> seconds{};
  std::string_view tier{};  // values as written
  std::string_view traffic{};
  std::string_view geography{};
  std::string_view model{};

  UsageReading() = default;  // leaves the values as they are
  [[nodiscard]] bool has(Count count) const { return (seen >> static_cast<unsigned>(count) & 1) != 0; }
  [[nodiscard]] bool conflicts(Count count) const { return (conflict >> static_cast<unsigned>(count) & 1) != 0; }
  // The count, or 0 where it is missing.
  [[nodiscard]] std::uint64_t operator[](Count count) const {
    return has(count) ? values[static_cast<std::size_t>(count)] : 0;
  }
  void set(Count count, std::uint64_t value, const UsageName* line) {
    seen |= std::uint64_t{1} << static_cast<unsigned>(count);
    values[static_cast<std::size_t>(count)] = value;
    lines[static_cast<std::size_t>(count)] = line;
  }
};
static_assert(kCounts <= 64);

class UsageReader {
 public:
  // A record begins: memory that was lent for earlier records is free again.
  void begin() { lent_ = 0; }
  // Adds what the members of an object say, or the text that holds one ("{\"usage\":…}"). Anything else says nothing.
  // Requires: well-formed JSON.
  void read(std::string_view value, UsageNode node, UsageReading& reading);
  // Notes the members of an answer, or of the text that holds one, and its `usage`.
  void note_answer(std::string_view value, UsageFields& fields, std::string_view& usage);
  // One member of a record or an answer.
  void read_noted(const UsageName& line, std::string_view value, UsageReading& reading) {
    member(line, value, reading, 0);
  }
  // Memory for a copy of a value with other bytes, until the next begin(); null: none is left.
  [[nodiscard]] std::string* lend();

 private:
  // The object itself, or the one that a text holds, from brace to brace; empty where there is none.
  [[nodiscard]] std::string_view object_in(std::string_view value);
  void object(std::string_view object, UsageNode node, UsageReading& reading, int depth);
  void member(const UsageName& line, std::string_view value, UsageReading& reading, int depth);
  void enter(std::string_view value, UsageNode node, UsageReading& reading, int depth);
  void modalities(std::string_view list, UsageNode node, UsageReading& reading);
  void iterations(std::string_view list, UsageReading& reading);

  std::array<std::string, 6> memory_;
  std::size_t lent_ = 0;
};

// A count as it is written: a whole number up to kMaxUsage; none for anything else.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view value);

}  // namespace respand::record
