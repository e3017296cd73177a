#pragma once
// Redactor: hears of a record's names and values while it is checked, and notes the edits that a Rules asks for. It
// wants to hear only of what can matter: a record of which no rule says anything costs a comparison for each event.
// Private to RecordParser; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  // What the record has of a member of the defaults.
  struct Present {
    enum class Kind : std::uint8_t { kMissing, kObject, kOther };
    Kind kind = Kind::kMissing;
    bool is_empty = false;
    std::size_t close = 0;      // of an object
    Defaults::Set members = 0;  // of an object: those that it has
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  void look_up(std::uint32_t depth, std::string_view written, bool escaped);
  [[nodiscard]] Set take_matched(std::uint32_t depth);
  // The value there, as a whole.
  void mask(std::size_t offset, std::size_t length, Set matched);
  void mask_text(std::size_t offset, std::string_view inside, bool escaped);
  void add(std::size_t offset, std::size_t length, std::string_view replacement, RuleIndex rule);
  void insert(std::size_t offset, bool first, std::string_view member);
  void merge_defaults(const RecordFields& fields);
  void correct(RecordFields& fields, UsageFields& usage_fields) const;
  void correct(std::string_view& value) const;
  static void add_defaults(const UsageFields& defaults, UsageFields& usage_fields);
  // redactor_derived.cc: pointers to what is going to be extracted. The raw call is as the application wrote it.
  void mask_extracted(const RecordFields& fields, SdkPayload& raw);
  void mask_prompt(SdkPayload& raw);
  void mask_completion(SdkPayload& raw);
  void mask_tool_calls(SdkPayload& raw);
  void mask_tools(SdkPayload& raw);
  const char* mask_beneath(const char* at, Set active, std::size_t steps);
  const char* mask_elements(const char* at, Set active, std::size_t steps, std::uint64_t index);
  void mask_source(std::string_view value, Set active, std::size_t steps);
  void mask_whole(std::string_view value, Set matched);
  [[nodiscard]] Set ends(Set active, std::size_t steps) const;
  void merge_edits(std::size_t sorted);
  [[nodiscard]] bool in_record(std::string_view value) const {
    return value.data() >= record_.data() && value.data() < record_.data() + record_.size();
  }

  const Rules::Compiled* rules_ = nullptr;
  std::string_view record_;
  std::vector<Edit> edits_;
  std::vector<Edit> merged_;  // scratch
  bool too_many_ = false;
  std::size_t growth_ = 0;     // of masks
  std::uint32_t watched_ = 0;  // the deepest level of which it hears
  bool armed_ = false;         // the next value there matters

  Set matched_ = 0;            // pointers that the next member fulfils
  std::vector<Level> levels_;  // by depth of what is in them
  bool masking_ = false;       // an object or array that began at masked_from_
  std::size_t masked_from_ = 0;
  Set masked_by_ = 0;
  bool text_next_ = false;  // the next value of the outermost object is prompt or answer text
  bool in_text_ = false;
  std::size_t default_next_ = kNone;  // the next value of the outermost object is this member of the defaults
  std::size_t in_default_ = kNone;
  std::vector<Present> present_;  // by member of the defaults
  std::string decoded_;           // of a string with escapes
  std::string plain_;             // of a name with escapes
};

}  // namespace respand::record
