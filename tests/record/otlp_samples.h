#pragma once
// Export requests of OTLP for the tests and benchmarks: the same spans in JSON and in protobuf.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "respand/base/protobuf_wire.h"
#include "respand/base/text.h"

namespace respand::record::otlp {

struct Attribute {
  std::string key;
  std::string kind;   // stringValue, intValue or doubleValue
  std::string value;  // as JSON
};
struct Span {
  std::string id;
  std::string parent;
  std::vector<Attribute> attributes;
  std::uint64_t start = 1'700'000'000'000'000'000;
  std::uint64_t end = 1'700'000'001'250'000'000;
  int status = 0;
};

inline std::string json_of(const std::vector<Span>& spans) {
  std::string all;
  for (const Span& span : spans) {
    std::string attributes;
    for (const Attribute& one : span.attributes) {
      attributes += cat(attributes.empty() ? "" : ",", R"({"key":")", one.key, R"(","value":{")", one.kind,
                        "\":", one.kind == "intValue" ? cat("\"", one.value, "\"") : one.value, "}}");
    }
    all += cat(all.empty() ? "" : " , ", R"({"traceId":"00","spanId":")", span.id, R"(","parentSpanId":")", span.parent,
               R"(","startTimeUnixNano":")", span.start, R"(","endTimeUnixNano":")", span.end, R"(","attributes":[)",
               attributes, R"(],"status":{"code":)", span.status, "}}");
  }
  return cat(R"({"resourceSpans": [{"resource":{"attributes":[]},"scopeSpans":[{"scope":{},"spans":[)", all, "]}]}]}");
}

inline void put_fixed(std::string& out, std::uint64_t number, std::uint64_t value) {
  put_varint(out, number << 3U | 1U);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string any_of(const Attribute& one) {
  std::string any;
  if (one.kind == "intValue") {
    put_varint(any, 3U << 3U);
    put_varint(any, std::stoull(one.value));
  } else if (one.kind == "doubleValue") {
    const double value = std::stod(one.value);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    put_fixed(any, 4, bits);
  } else {
    put_field(any, 1, std::string_view(one.value).substr(1, one.value.size() - 2));
  }
  return any;
}

inline std::string protobuf_of(const std::vector<Span>& spans) {
  std::string scope;
  for (const Span& span : spans) {
    std::string bytes;
    put_field(bytes, 2, span.id);
    put_field(bytes, 4, span.parent);
    put_fixed(bytes, 7, span.start);
    put_fixed(bytes, 8, span.end);
    for (const Attribute& one : span.attributes) {
      std::string pair;
      put_field(pair, 1, one.key);
      put_field(pair, 2, any_of(one));
      put_field(bytes, 9, pair);
    }
    std::string status;
    put_varint(status, 3U << 3U);
    put_varint(status, static_cast<std::uint64_t>(span.status));
    put_field(bytes, 15, status);
    put_field(scope, 2, bytes);
  }
  std::string resource;
  put_field(resource, 2, scope);
  std::string request;
  put_field(request, 1, resource);
  return request;
}

inline Attribute text(std::string key, std::string_view value) {
  return {std::move(key), "stringValue", cat("\"", value, "\"")};
}
inline Attribute count(std::string key, std::string_view value) {
  return {std::move(key), "intValue", std::string(value)};
}

}  // namespace respand::record::otlp
