#pragma once
// PayloadRedactor: follows pointers to fields that are extracted from an SDK's payload, and into them. What such a
// field will be made of is masked where it stands, in the application's own request or answer: the copy is made through
// the record's edits, and a secret masked in one place is left in none. Private to Redactor; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "record/edit_list.h"
#include "record/pointers.h"
#include "record/rules_compiled.h"
#include "record/sdk_payload.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// The rule that an edit is counted for, of those that asked for it. Requires: there is one.
[[nodiscard]] RuleIndex first_rule(Pointers::Set rules);

class PayloadRedactor {
 public:
  // Adds to `edits` what the rules' pointers ask for of what is going to be extracted, and puts into `payload` what no
  // edit can say, as the mask of a field that is put together of several values. Requires: `record_fields` of a sound
  // record, corrected by its edits so far; `payload` as the application wrote it.
  void redact(const Rules::Compiled& rules, const RecordFields& record_fields, SdkPayload& payload, EditList& edits);

 private:
  using Set = Pointers::Set;

  void mask_fields(const RecordFields& record_fields, SdkPayload& payload);
  void mask_prompt(SdkPayload& payload);
  void mask_completion(SdkPayload& payload);
  void mask_tool_calls(SdkPayload& payload);
  void mask_tools(SdkPayload& payload);
  // `active`: pointers whose first `steps` steps lead to where the copy of the value is going to stand. These two
  // return the value's end.
  const char* mask_beneath(const char* at, Set active, std::size_t steps);
  const char* mask_elements(const char* at, Set active, std::size_t steps, std::uint64_t index);
  void mask_source(std::string_view value, Set active, std::size_t steps);
  void mask_whole(std::string_view value, Set matched);
  [[nodiscard]] Set ends(Set active, std::size_t steps) const;

  const Pointers* pointers_ = nullptr;  // these two during redact()
  EditList* edits_ = nullptr;
  std::string plain_;  // of a name with escapes
};

}  // namespace respand::record
