#pragma once
// Model calls in what tracing clients post, for the ledger (docs/costs.md). Of an export request (OTLP) each span that
// is a call, as the record that would say the same. A span that only wraps calls is none: by its kind, or because a
// span below it, in the same request, is one. Pure; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace respand::record {

// Of one request. Exporters send 512 spans at once.
inline constexpr std::size_t kMostCalls = 4096;

// JSON objects. Requires: a JSON object that a RecordParser has accepted.
[[nodiscard]] std::vector<std::string> calls_in_otlp_json(std::string_view body);
// In protobuf; what is broken is passed over.
[[nodiscard]] std::vector<std::string> calls_in_otlp_protobuf(std::string_view body);

// Whether a span in Respan's own form says by its log_type that it is no model call. Requires: as above.
[[nodiscard]] bool wraps_calls(std::string_view span);

}  // namespace respand::record
