#pragma once
// What reported counts mean: providers count the cache's tokens among the prompt's or beside them, reasoning among the
// answer's or beside it. Here all of it is brought to one meaning, that of BillingUnit; the rules are in COST.md. Where
// the numbers can be meant in two ways, or contradict each other, there is no meaning. Private to the module; pure.

#include <string_view>

#include "record/usage_reader.h"
#include "respand/record/missing_usage.h"
#include "respand/record/usage_counts.h"
#include "respand/record/usage_summary.h"

namespace respand::record {

struct Usage {
  UsageCounts counts;
  bool has_prompt = false;      // the record or the answer gave a count
  bool has_completion = false;  // likewise, also where the total says that there is none
  bool sound = true;            // no count that is there is wrong
  [[nodiscard]] bool any() const { return has_prompt || has_completion; }
  [[nodiscard]] Tokens tokens() const;
};

// What must be known of a call to tell what its counts mean.
struct UsageOrigin {
  bool flat = false;  // the counts stand in the record itself, as Respan's exporters write them
  std::string_view model = {};
};

[[nodiscard]] Usage meaning_of(const UsageReading& reading, const UsageOrigin& origin, MissingSet& missing);

}  // namespace respand::record
