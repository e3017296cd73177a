// Model calls in OTLP's JSON form, in one pass; protobuf's JSON form allows names in snake case too.

#include <charconv>

#include "record/otlp_spans.h"
#include "respand/json/cursor.h"
#include "respand/record/otlp_calls.h"

namespace respand::record {
namespace {

bool is(std::string_view name, std::string_view camel, std::string_view snake) {
  return name == camel || name == snake;
}

// Unix nanoseconds, as a text or a number.
std::uint64_t nanoseconds(std::string_view value) {
  std::uint64_t number = 0;
  value = without_quotes(value);
  const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
  return read.ec == std::errc() && read.ptr == value.data() + value.size() ? number : 0;
}

std::string_view inside(std::string_view quoted) {
  return quoted.size() > 2 && quoted.front() == '"' ? quoted.substr(1, quoted.size() - 2) : std::string_view();
}

class Reader {
 public:
  explicit Reader(std::string_view body) : at_(body) {}

  std::vector<OtlpSpan> spans() {
    at_.members([&](std::string_view name) {
      is(name, "resourceSpans", "resource_spans") ? at_.elements([&] { resource_spans(); }) : at_.skip();
    });
    return std::move(spans_);
  }

 private:
  void resource_spans() {
    at_.members([&](std::string_view name) {
      is(name, "scopeSpans", "scope_spans") ? at_.elements([&] { scope_spans(); }) : at_.skip();
    });
  }
  void scope_spans() {
    at_.members([&](std::string_view name) { name == "spans" ? at_.elements([&] { span(); }) : at_.skip(); });
  }
  void span() {
    OtlpSpan& one = spans_.emplace_back();
    at_.members([&](std::string_view name) {
      if (name == "attributes") {
        at_.elements([&] { attribute(one); });
      } else if (name == "status") {
        at_.members([&](std::string_view member) {
          const std::string_view value = at_.value();
          one.error = one.error || (member == "code" && (value == "2" || value == R"("STATUS_CODE_ERROR")"));
        });
      } else {
        const std::string_view value = at_.value();
        if (is(name, "spanId", "span_id")) {
          one.id = inside(value);
        } else if (is(name, "parentSpanId", "parent_span_id")) {
          one.parent = inside(value);
        } else if (is(name, "startTimeUnixNano", "start_time_unix_nano")) {
          one.start = nanoseconds(value);
        } else if (is(name, "endTimeUnixNano", "end_time_unix_nano")) {
          one.end = nanoseconds(value);
        }
      }
    });
    if (spans_.size() > kMostSpans) {
      spans_.pop_back();
    }
  }
  void attribute(OtlpSpan& one) {
    std::string_view key;
    std::string_view told;
    at_.members([&](std::string_view name) {
      if (name == "key") {
        key = inside(at_.value());
      } else if (name == "value") {
        at_.members([&](std::string_view kind) {
          const std::string_view value = at_.value();
          const bool counts = is(kind, "stringValue", "string_value") || is(kind, "intValue", "int_value") ||
                              is(kind, "doubleValue", "double_value");
          told = counts ? value : told;
        });
      } else {
        at_.skip();
      }
    });
    one.tell(key, told);
  }

  json::Cursor at_;
  std::vector<OtlpSpan> spans_;
};

}  // namespace

std::vector<std::string> calls_in_otlp_json(std::string_view body) {
  const std::size_t begin = body.find('{');
  const std::size_t end = body.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    return {};
  }
  return calls_of(Reader(body.substr(begin, end + 1 - begin)).spans());
}

}  // namespace respand::record
