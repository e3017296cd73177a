// Masks in OTLP's protobuf form: messages that hold what is masked are written anew, all others as they are.

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "record/otlp_rules.h"
#include "respand/base/protobuf_wire.h"

namespace respand::record {
namespace {

// opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto. kText is no message: what the detectors look at.
enum class Message : std::uint8_t {
  kRequest,
  kResourceSpans,
  kResource,
  kScopeSpans,
  kScope,
  kSpan,
  kEvent,
  kLink,
  kStatus,
  kKeyValue,
  kAnyValue,
  kArray,
  kKeyValues,
  kText,
};

struct Child {
  Message of;
  std::uint64_t field;
  Message is;
};
constexpr std::array kChildren{
    Child{Message::kRequest, 1, Message::kResourceSpans},
    Child{Message::kResourceSpans, 1, Message::kResource},
    Child{Message::kResourceSpans, 2, Message::kScopeSpans},
    Child{Message::kResource, 1, Message::kKeyValue},
    Child{Message::kScopeSpans, 1, Message::kScope},
    Child{Message::kScopeSpans, 2, Message::kSpan},
    Child{Message::kScope, 3, Message::kKeyValue},
    Child{Message::kSpan, 9, Message::kKeyValue},
    Child{Message::kSpan, 11, Message::kEvent},
    Child{Message::kSpan, 13, Message::kLink},
    Child{Message::kSpan, 15, Message::kStatus},
    Child{Message::kEvent, 3, Message::kKeyValue},
    Child{Message::kLink, 4, Message::kKeyValue},
    Child{Message::kStatus, 2, Message::kText},
    Child{Message::kKeyValue, 2, Message::kAnyValue},
    Child{Message::kAnyValue, 1, Message::kText},
    Child{Message::kAnyValue, 5, Message::kArray},
    Child{Message::kAnyValue, 6, Message::kKeyValues},
    Child{Message::kArray, 1, Message::kAnyValue},
    Child{Message::kKeyValues, 1, Message::kKeyValue},
};
constexpr std::uint64_t kKeyField = 1;     // of a KeyValue
constexpr std::uint64_t kValueField = 2;   // the same
constexpr std::uint64_t kStringField = 1;  // of an AnyValue
// The same limit of nesting as for JSON.
constexpr std::size_t kMostDepth = 64;

class ProtobufMasker {
 public:
  ProtobufMasker(const Rules::Compiled& rules, OtlpMasked& out) : rules_(rules), out_(out) {}

  // The message with its masks, at the end of `to`. False where it is broken, or too deep.
  [[nodiscard]] bool write(std::string_view bytes, Message message, std::size_t depth, std::string& to) {
    std::optional<RuleIndex> rule;
    if (depth > kMostDepth || (message == Message::kKeyValue && !find_rule(bytes, rule))) {
      return false;
    }
    for (WireReader reader(bytes); !reader.done();) {
      WireReader::Field field;
      if (!reader.next(field)) {
        return false;
      }
      if (rule && field.number == kValueField) {
        hit(*rule);
        std::string value;
        put_field(value, kStringField, kMaskedAttribute);
        put_field(to, kValueField, value);
      } else if (!write_field(field, message, depth, to)) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] bool too_many() const { return out_.hits.size() > kMostEdits; }

 private:
  [[nodiscard]] bool write_field(const WireReader::Field& field, Message message, std::size_t depth, std::string& to) {
    const auto* const child = std::find_if(kChildren.begin(), kChildren.end(), [&](const Child& one) {
      return one.of == message && one.field == field.number;
    });
    if (child == kChildren.end()) {
      to.append(field.whole);
      return true;
    }
    if (field.wire != Wire::kBytes) {
      return false;
    }
    const std::size_t hits = out_.hits.size();
    std::string content;
    if (child->is == Message::kText) {
      put_text(field.content, content);
    } else if (!write(field.content, child->is, depth + 1, content)) {
      return false;
    }
    // What holds no mask stays byte for byte, however its lengths are written.
    if (hits == out_.hits.size()) {
      to.append(field.whole);
    } else {
      put_field(to, field.number, content);
    }
    return true;
  }

  // A message with several keys is masked if any of them asks for it.
  [[nodiscard]] bool find_rule(std::string_view bytes, std::optional<RuleIndex>& rule) const {
    for (WireReader reader(bytes); !reader.done();) {
      WireReader::Field field;
      if (!reader.next(field) || (field.number == kKeyField && field.wire != Wire::kBytes)) {
        return false;
      }
      if (field.number == kKeyField && !rule) {
        rule = attribute_rule(rules_, field.content);
      }
    }
    return true;
  }

  void put_text(std::string_view text, std::string& to) {
    std::size_t at = 0;
    if (rules_.detectors != 0) {
      Matches matches(rules_.detectors, text);
      for (Match match; matches.next(match);) {
        to.append(text.substr(at, match.begin - at)).append(mask_of(match.detector));
        at = match.end;
        hit(rule_of(rules_, match.detector));
      }
    }
    to.append(text.substr(at));
  }

  void hit(RuleIndex rule) { out_.hits.push_back(rule); }

  const Rules::Compiled& rules_;
  OtlpMasked& out_;
};

}  // namespace

OtlpMasked mask_otlp_protobuf(std::string_view body, const Rules& rules) {
  OtlpMasked out;
  ProtobufMasker masker(rules.compiled(), out);
  std::string text;
  if (!masker.write(body, Message::kRequest, 0, text)) {
    out.what = OtlpMasked::What::kNotRead;
  } else if (masker.too_many()) {
    out.what = OtlpMasked::What::kTooMany;
  } else if (!out.hits.empty()) {
    out.what = OtlpMasked::What::kChanged;
    out.text = std::move(text);
  }
  return out;
}

}  // namespace respand::record
