#pragma once
// What one pass over a record's bytes finds: whether it is acceptable, and where the fields stand that respand reads.
// No DOM, no recursion; nothing is changed or re-serialised. Used by encode, sockets, spool and sink. Pure;
// a RecordParser belongs to one thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "respand/base/units.h"
#include "respand/record/edit.h"

namespace respand::record {

class Rules;
struct SdkPayload;
struct UsageFields;

// The API's own limit for a record, and the default of socket.max_record (respan-api: 20 MB a span).
inline constexpr Bytes kMaxRecord = mebibytes(20);
// The deepest nesting that a record may have, the outermost object included. Real records stay below 20; a parser that
// recurses breaks somewhere above 1,000.
inline constexpr std::uint32_t kMaxDepth = 64;

// Why a record is refused; name_of() gives the label of respand_records_rejected_total{reason}. Half a surrogate pair
// written as an escape ("\ud800") is kNotUtf8: JSON's grammar allows it, but the text it stands for cannot be UTF-8,
// and databases refuse it. kNotMaskable: what is to be masked in it can't be told (otlp.h).
enum class Reason : std::uint8_t { kTooLarge, kTooDeep, kNotUtf8, kNotJson, kNotObject, kNotMaskable };
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;

// Why and where a text was refused.
struct Refusal {
  Reason reason = Reason::kNotJson;  // for metrics and the writer
  std::size_t byte = 0;              // offset in the bytes given, from 0
  std::string message;  // one clause for the writer, e.g. "not valid JSON: missing a comma or } after an object member,
                        // at byte 17"; it holds nothing of the payload
};

// The fields of the outermost object that respand reads. A view is the value's text as written, quotes included for a
// string ("\"gpt-4o\"", "0.10"), and points into the bytes given to parse(); it is empty where the field is missing. Of
// a repeated name the last one counts, as in Python and PostgreSQL. Where a Rules masks a whole value, the view is of
// the mask; where it masks what is around the value, the view is empty; where it gives a default, the view is of that.
struct RecordFields {
  // The members of the same names.
  std::string_view timestamp;
  std::string_view custom_identifier;
  std::string_view start_time;
  std::string_view end_time;
  std::string_view generation_time;
  std::string_view latency;
  std::string_view cost;
  std::string_view model;
  std::string_view provider;  // provider, else (missing or null) provider_id
  std::string_view environment;
  std::string_view status;
  std::string_view status_code;
  std::string_view error_message;
  std::string_view usage;
  std::string_view prompt_unit_price;
  std::string_view completion_unit_price;
  // Other members that tell of usage (daemon/record/usage_fields.h); null where there are none. Holds until the next
  // parse().
  const UsageFields* usage_fields = nullptr;
  std::string_view record;               // the whole record, as it was given
  std::string_view customer_identifier;  // of the object, else (missing or null there) of its customer_params
  // For Rules::keeps() only: as the application wrote them, also where they are masked.
  std::string_view trace_unique_id;
  std::string_view thread_identifier;
  const SdkPayload* raw = nullptr;   // what an SDK gave (daemon/record/RAW.md); holds until the next parse()
  const Rules* rules = nullptr;      // the rules that were applied; null: none
  Edits edits;                       // what the rules change; holds until the next parse()
  std::size_t growth = 0;            // the most bytes that the edits add
  std::size_t close = 0;             // offset of the outermost object's closing brace
  bool empty = false;                // the outermost object has no member
  bool has_prompt = false;           // prompt_messages, messages or input is there
  bool has_completion = false;       // completion_message, completion_messages or output is there
  bool has_tool_calls = false;       // tool_calls is there
  bool has_tools = false;            // tools is there
  std::uint32_t has_parameters = 0;  // bit i: the record has the i-th of kParameters (daemon/record/sdk_payload.h)
};

// What parse() found.
struct ParsedRecord {
  RecordFields fields;  // meaningful where ok
  Refusal refusal;      // meaningful where not ok
  bool ok = false;      // the record is acceptable
};

// The parser. It keeps its memory between calls, so that a usual record allocates nothing.
class RecordParser {
 public:
  // A record that is larger or nested deeper is refused.
  explicit RecordParser(Bytes max_record = kMaxRecord, std::uint32_t max_depth = kMaxDepth);
  ~RecordParser();
  // Applies these rules from the next record on: finds what they name. Null: none.
  void reconfigure(std::shared_ptr<const Rules> rules);
  // Checks that `bytes` is one JSON object (white space around it allowed) in valid UTF-8 within the limits.
  [[nodiscard]] ParsedRecord parse(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::record
