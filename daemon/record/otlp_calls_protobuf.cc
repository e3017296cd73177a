// Model calls in OTLP's protobuf form (opentelemetry/proto/trace/v1/trace.proto, common/v1/common.proto).

#include <charconv>
#include <cstring>

#include "record/otlp_spans.h"
#include "respand/base/protobuf_wire.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/otlp_calls.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

using Field = WireReader::Field;

// Calls `visit(field)` for each field in front of the first one that is broken.
template <typename Visit>
void for_each_field(std::string_view message, const Visit& visit) {
  Field field;
  for (WireReader reader(message); !reader.done() && reader.next(field);) {
    visit(field);
  }
}

std::uint64_t fixed64(const Field& field) {
  std::uint64_t number = 0;
  if (field.wire == Wire::kFixed64) {
    std::memcpy(&number, field.whole.data() + field.whole.size() - sizeof number, sizeof number);
  }
  return number;
}

std::string number(double value) {
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  const std::string_view view(text.data(), static_cast<std::size_t>(written.ptr - text.data()));
  return view.find_first_of("in") == std::string_view::npos ? std::string(view) : std::string();  // not inf, not nan
}

// An AnyValue, as JSON.
std::string json_of(std::string_view any) {
  std::string json;
  for_each_field(any, [&](const Field& field) {
    if (field.number == 1 && field.wire == Wire::kBytes) {
      json.clear();
      json::put_string(json, printable(field.content, kMaxName));
    } else if (field.number == 3 && field.wire == Wire::kVarint) {
      json = std::to_string(static_cast<std::int64_t>(field.value));
    } else if (field.number == 4 && field.wire == Wire::kFixed64) {
      const std::uint64_t bits = fixed64(field);
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      json = number(value);
    }
  });
  return json;
}

void read_attribute(std::string_view pair, OtlpSpan& span) {
  std::string_view key;
  std::string_view value;
  for_each_field(pair, [&](const Field& field) {
    key = field.number == 1 ? field.content : key;
    value = field.number == 2 ? field.content : value;
  });
  if (tells(key)) {
    span.tell(key, json_of(value));
  }
}

OtlpSpan span_of(std::string_view message) {
  OtlpSpan span;
  for_each_field(message, [&](const Field& field) {
    switch (field.number) {
      case 2:
        span.id = field.content;
        break;
      case 4:
        span.parent = field.content;
        break;
      case 7:
        span.start = fixed64(field);
        break;
      case 8:
        span.end = fixed64(field);
        break;
      case 9:
        read_attribute(field.content, span);
        break;
      case 15:
        for_each_field(field.content, [&](const Field& status) {
          span.error = span.error || (status.number == 3 && status.wire == Wire::kVarint && status.value == 2);
        });
        break;
      default:
        break;
    }
  });
  return span;
}

}  // namespace

std::vector<std::string> calls_in_otlp_protobuf(std::string_view body) {
  std::vector<OtlpSpan> spans;
  const auto is_message = [](const Field& field, std::uint64_t number) {
    return field.number == number && field.wire == Wire::kBytes;
  };
  for_each_field(body, [&](const Field& resource) {
    if (!is_message(resource, 1)) {
      return;
    }
    for_each_field(resource.content, [&](const Field& scope) {
      if (!is_message(scope, 2)) {
        return;
      }
      for_each_field(scope.content, [&](const Field& span) {
        if (is_message(span, 2) && spans.size() < kMostSpans) {
          spans.push_back(span_of(span.content));
        }
      });
    });
  });
  return calls_of(spans);
}

}  // namespace respand::record
