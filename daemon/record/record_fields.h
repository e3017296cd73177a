#pragma once
// The fields of a record's outermost object that respand reads, each with what its value has to be and what it is for:
// one table for the parser (field_extractor.cc) and for the JSON Schema (record_schema.cc).
// Those that tell of usage are in usage_names.h, those that are copied from a request in sdk_payload.h. Private to the
// module.

#include <array>
#include <cstdint>
#include <string_view>

#include "record/record_node.h"
#include "respand/record/record_parser.h"

namespace respand::record {

// What a value has to be so that respand can read it. null is as good as missing.
enum class Shape : std::uint8_t {
  kText,
  kTime,       // text or Unix time (moment.h)
  kAmount,     // US dollars
  kUnitPrice,  // US dollars a token
  kSeconds,
  kNumber,
  kUsage,
  kParams,
  kRequest,
  kAnswer,
  kAny,
};

struct RecordField {
  std::string_view name;
  std::string_view RecordFields::*view = nullptr;
  RecordNode inside = RecordNode::kNone;
  Shape shape = Shape::kText;
  std::string_view about;
};

inline constexpr std::array kRecordFields{
    RecordField{.name = "timestamp",
                .view = &RecordFields::timestamp,
                .shape = Shape::kTime,
                .about = "When the call ended. Added where it is missing: the time of receipt"},
    RecordField{.name = "custom_identifier",
                .view = &RecordFields::custom_identifier,
                .about = "Tells a repeated record. Added where it is missing: a UUIDv7"},
    RecordField{.name = "start_time",
                .view = &RecordFields::start_time,
                .shape = Shape::kTime,
                .about = "With end_time, or timestamp, it gives generation_time"},
    RecordField{.name = "end_time", .view = &RecordFields::end_time, .shape = Shape::kTime, .about = "See start_time"},
    RecordField{.name = "generation_time",
                .view = &RecordFields::generation_time,
                .shape = Shape::kSeconds,
                .about = "Seconds that the answer took. Added where it and latency are missing and it can be computed"},
    RecordField{.name = "latency",
                .view = &RecordFields::latency,
                .shape = Shape::kSeconds,
                .about = "generation_time under its other name"},
    RecordField{.name = "cost",
                .view = &RecordFields::cost,
                .shape = Shape::kAmount,
                .about = "US dollars. Added where it is missing and it can be computed"},
    RecordField{.name = "model",
                .view = &RecordFields::model,
                .about = "The model, perhaps behind its provider and a slash: its price, and a row of the ledger"},
    RecordField{.name = "provider", .view = &RecordFields::provider, .about = "The model's provider"},
    RecordField{.name = "environment", .view = &RecordFields::environment, .about = "A row of the ledger"},
    RecordField{.name = "status", .view = &RecordFields::status, .about = "\"error\": the call failed"},
    RecordField{.name = "status_code",
                .view = &RecordFields::status_code,
                .shape = Shape::kNumber,
                .about = "From 400 on the call failed"},
    RecordField{.name = "error_message", .view = &RecordFields::error_message, .about = "Not empty: the call failed"},
    RecordField{.name = "prompt_unit_price",
                .view = &RecordFields::prompt_unit_price,
                .shape = Shape::kUnitPrice,
                .about = "US dollars a token of the prompt; before any price list"},
    RecordField{.name = "completion_unit_price",
                .view = &RecordFields::completion_unit_price,
                .shape = Shape::kUnitPrice,
                .about = "US dollars a token of the answer; before any price list"},
    RecordField{.name = "customer_identifier",
                .view = &RecordFields::customer_identifier,
                .about = "A row of the ledger; a budget may be a customer's"},
    RecordField{.name = "trace_unique_id",
                .view = &RecordFields::trace_unique_id,
                .about = "records.sample keeps or leaves out a trace as a whole"},
    RecordField{.name = "thread_identifier",
                .view = &RecordFields::thread_identifier,
                .about = "Where there is no trace_unique_id: likewise of a thread"},
    RecordField{.name = "usage",
                .view = &RecordFields::usage,
                .shape = Shape::kUsage,
                .about = "Token counts, as the provider or the SDK gave them"},
    RecordField{.name = "customer_params",
                .inside = RecordNode::kParams,
                .shape = Shape::kParams,
                .about = "Holds customer_identifier, where the record has none of its own"},
    RecordField{.name = "provider_id", .about = "Where there is no provider"},
};

// What a record may hold of a raw call (RAW.md), or has of it already.
enum class RawField : std::uint8_t {
  kPrompt,
  kCompletion,
  kToolCalls,
  kTools,
  kRequest,
  kFullRequest,
  kResponse,
  kFullResponse,
};
struct RawName {
  std::string_view name;
  RawField field = RawField::kPrompt;
  Shape shape = Shape::kAny;
  std::string_view about;
};
inline constexpr std::string_view kPromptIsThere = "The prompt: none is taken from the request";
inline constexpr std::string_view kAnswerIsThere = "The answer: none is taken from the response";
inline constexpr std::array kRawNames{
    RawName{"prompt_messages", RawField::kPrompt, Shape::kAny, kPromptIsThere},
    RawName{"messages", RawField::kPrompt, Shape::kAny, kPromptIsThere},
    RawName{"input", RawField::kPrompt, Shape::kAny, kPromptIsThere},
    RawName{"completion_message", RawField::kCompletion, Shape::kAny, kAnswerIsThere},
    RawName{"completion_messages", RawField::kCompletion, Shape::kAny, kAnswerIsThere},
    RawName{"output", RawField::kCompletion, Shape::kAny, kAnswerIsThere},
    RawName{"tool_calls", RawField::kToolCalls, Shape::kAny, "Of the answer: none are taken from the response"},
    RawName{"tools", RawField::kTools, Shape::kAny, "Of the request: none are taken from it"},
    RawName{"request", RawField::kRequest, Shape::kRequest,
            "What the provider's SDK was given: prompt, model and parameters are taken from it"},
    RawName{"full_request", RawField::kFullRequest, Shape::kRequest, "In place of request"},
    RawName{"response", RawField::kResponse, Shape::kAnswer,
            "What the provider's SDK returned: answer, usage and errors are taken from it"},
    RawName{"full_response", RawField::kFullResponse, Shape::kAnswer, "In place of response"},
};

// Member `name` of each entry.
template <typename Entry, std::size_t N>
constexpr std::array<std::string_view, N> names_of(const std::array<Entry, N>& entries) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = entries[i].name;
  }
  return names;
}

}  // namespace respand::record
