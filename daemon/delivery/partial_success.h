#pragma once
// How many spans a 2xx answer to an OTLP request rejects (ExportTraceServiceResponse.partial_success). Pure.

#include <cstdint>
#include <string_view>

namespace respand::delivery {

// How many spans the API has rejected; 0 where it says nothing of any. In JSON
// {"partialSuccess":{"rejectedSpans":"3"}}.
[[nodiscard]] std::uint64_t rejected_spans(std::string_view answer, bool protobuf);

}  // namespace respand::delivery
