#pragma once
// Finds the model calls in what tracing clients post, for the ledger (docs/costs.md). Each span of an export request
// (OTLP) that is a call becomes the record that would say the same. A span that only wraps calls is none: its kind says
// so, or a span below it in the same request is a call. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respand::record {

// The most calls that are taken out of one request. Exporters send 512 spans at once.
inline constexpr std::size_t kMostCalls = 4096;

// The calls of a request in JSON, as JSON objects. Requires: a JSON object that a RecordParser has accepted.
[[nodiscard]] std::vector<std::string> calls_in_otlp_json(std::string_view body);
// The calls of a request in protobuf; broken parts of it are passed over.
[[nodiscard]] std::vector<std::string> calls_in_otlp_protobuf(std::string_view body);

// Whether the log_type of a span in Respan's own form says that the span is no model call. Requires: a JSON object that
// a RecordParser has accepted.
[[nodiscard]] bool wraps_calls(std::string_view span);

}  // namespace respand::record
