#pragma once
// Reads the wire format of Protocol Buffers just far enough to tell an export request of traces (OTLP) from other
// bytes: ExportTraceServiceRequest.resource_spans (1) > ResourceSpans.scope_spans (2) > ScopeSpans.spans (2) > Span. It
// does not look into a span, so a library with generated classes would only add a second copy of each. Pure; any
// thread.

#include <string_view>

#include "respand/record/record_parser.h"

namespace respand::encode {

// Checks that `bytes` is such a message, well-formed down to its spans. Fields that are not known are passed over.
[[nodiscard]] record::ParsedRecord check_protobuf(std::string_view bytes);

}  // namespace respand::encode
