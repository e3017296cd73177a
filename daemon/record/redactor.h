#pragma once
// Redactor: hears of a record's names and values while it is checked, and notes the edits that a Rules asks for: masks
// for pointers and detectors here, missing members by DefaultsMerge, and masks for what is going to be extracted by
// PayloadRedactor. It wants to hear only of what can matter: a record of which no rule says anything costs a comparison
// for each event. Private to RecordParser; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/defaults_merge.h"
#include "record/edit_list.h"
#include "record/payload_redactor.h"
#include "record/rules_compiled.h"
#include "record/sdk_payload.h"
#include "respand/record/record_parser.h"

namespace respand::record {

class Redactor {
 public:
  // `rules` is borrowed; null: nothing is to be changed.
  void reconfigure(const Rules::Compiled* rules);
  // A record begins.
  void begin(std::string_view record);

  // `depth` is the number of objects and arrays that are open around the name or value. Events for which these say no
  // need not be told.
  [[nodiscard]] bool hears_names(std::uint32_t depth) const { return depth <= watched_; }
  [[nodiscard]] bool hears_value(std::uint32_t depth) const { return armed_ && depth <= watched_; }
  [[nodiscard]] bool hears_close(std::uint32_t depth) const { return depth <= watched_; }

  // A name as written, without its quotes.
  void name(std::uint32_t depth, std::string_view written, bool escaped) {
    // Most names of the outermost object are dismissed by their length alone.
    if (depth == 1 && !escaped && (rules_->lengths >> (written.size() % 64) & 1) == 0) {
      armed_ = false;
      return;
    }
    look_up(depth, written, escaped);
  }
  // A string (quotes included), number or literal as written.
  void scalar(std::uint32_t depth, std::string_view written, bool escaped);
  // An object or array that begins at `offset`.
  void open(std::uint32_t depth, std::size_t offset, bool is_object);
  // The one that was opened at this depth ends with the bracket at `offset`.
  void close(std::uint32_t depth, std::size_t offset, bool is_empty);

  // The record was sound: adds what is missing, and puts into the fields what the record will hold. False where it
  // would take more than kMostEdits. The edits hold until the next begin().
  [[nodiscard]] bool finish(RecordFields& fields, SdkPayload& raw, UsageFields& usage_fields);

 private:
  using Set = Pointers::Set;
  struct Level {
    Set active = 0;  // pointers whose steps so far lead here
    bool is_array = false;
    std::uint64_t index = 0;  // of the next element
  };
  // An object or array that is masked as a whole.
  struct Masked {
    bool is_open = false;
    std::size_t from = 0;
    RuleIndex rule = kNoRule;
  };

  void look_up(std::uint32_t depth, std::string_view written, bool escaped);
  [[nodiscard]] Set take_matched(std::uint32_t depth);
  [[nodiscard]] Set ends_at(std::uint32_t depth, Set matched) const;
  // The string at `offset`, without its quotes.
  void detect(std::size_t offset, std::string_view inside, bool escaped);
  void correct(RecordFields& fields, UsageFields& usage_fields) const;

  const Rules::Compiled* rules_ = nullptr;
  EditList edits_;
  DefaultsMerge defaults_;
  PayloadRedactor payload_redactor_;
  std::uint32_t watched_ = 0;  // the deepest level of which it hears
  bool armed_ = false;         // the next value there matters

  Set matched_ = 0;            // pointers that the next member fulfils
  std::vector<Level> levels_;  // by depth of what is in them
  Masked masked_;
  bool text_next_ = false;  // the next value of the outermost object is prompt or answer text
  bool in_text_ = false;
  std::string decoded_;  // of a string with escapes
  std::string plain_;    // of a name with escapes
};

}  // namespace respand::record
