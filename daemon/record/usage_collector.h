#pragma once
// Brings what a record says in all its places to one usage and one bill: `usage` before its neighbours, the record
// before the answer that it holds. Private to the module; one thread.

#include <optional>
#include <string_view>

#include "record/usage_meaning.h"
#include "record/usage_reader.h"
#include "respand/record/missing_usage.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// Views hold as long as the record, and until the next collect().
struct CallUsage {
  Usage usage;
  std::optional<Decimal> bill;     // US dollars, by the answer itself
  std::optional<Decimal> seconds;  // that the answer says it took
  bool local = false;              // it ran on a machine of the application's own: free
  std::string_view tier;           // service tier and the like, as written
  std::string_view traffic;
  std::string_view geography;
  std::string_view model;  // where only LangChain's metadata tell it
};

class UsageCollector {
 public:
  // `model`: decoded; may be empty. What is wrong is noted in `missing`. Holds until the next call.
  const CallUsage& collect(const RecordFields& record_fields, std::string_view model, MissingSet& missing);

 private:
  void read_own(const RecordFields& record_fields, UsageReading& own, bool& flat);
  void read_answer(const RecordFields& record_fields, UsageReading& answer);
  // Reads fields that hold usage into `reading`, which they complete, and all others into `rest`.
  void read_fields(const RecordFields& record_fields, const UsageFields& fields, UsageReading& reading,
                   UsageReading& rest);
  // The value as it is going to be sent: through the record's edits.
  [[nodiscard]] std::string_view text_of(const RecordFields& record_fields, std::string_view value);
  void take(const UsageReading& reading);
  void combine(const UsageReading& own, const UsageReading& answer, const UsageOrigin& origin, MissingSet& missing);

  UsageReader reader_;
  CallUsage call_;
};

}  // namespace respand::record
