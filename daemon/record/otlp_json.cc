// Masks in OTLP's JSON form: the places are found, and the bytes between them copied as they are.

#include <array>
#include <cstddef>

#include "record/decode.h"
#include "record/otlp_rules.h"
#include "respand/json/members.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

constexpr std::string_view kMaskedValue = R"({"stringValue":"[redacted]"})";

class JsonMasker {
 public:
  JsonMasker(std::string_view body, const Rules::Compiled& rules, OtlpMasked& out)
      : body_(body), rules_(rules), out_(out) {}

  // A checked text is nested 64 deep at most. `name`: of the member that it is.
  void value(std::string_view text, std::string_view name) {
    if (text.starts_with('{')) {
      object(text);
    } else if (text.starts_with('[')) {
      elements(text, name);
    } else if (text.starts_with('"') && is_text(name) && rules_.detectors != 0) {
      string(text);
    }
  }
  [[nodiscard]] bool too_many() const { return edits_.size() > kMostEdits; }
  [[nodiscard]] std::string masked() const {
    std::string text(body_.size() + growth_, '\0');
    const char* const end = put_edited(body_, 0, body_.size(), edits_, text.data());
    text.resize(static_cast<std::size_t>(end - text.data()));
    return text;
  }
  [[nodiscard]] bool changed() const { return !edits_.empty(); }

 private:
  // In both spellings that protobuf's JSON form allows.
  static bool is_text(std::string_view name) {
    return name == "stringValue" || name == "string_value" || name == "message";
  }
  static std::string plain(std::string_view quoted, bool escaped) {
    const std::string_view inside = quoted.substr(1, quoted.size() - 2);
    return escaped ? json::unescaped(inside) : std::string(inside);
  }

  void elements(std::string_view list, std::string_view name) {
    json::for_each_element(list, [&](std::string_view element) { value(element, name); });
  }

  // An object with a key and a value is an attribute.
  void object(std::string_view text) {
    std::optional<RuleIndex> rule;
    if (!rules_.attributes.empty()) {
      json::for_each_member(text, [&](std::string_view name, bool escaped, std::string_view member) {
        if (member.starts_with('"') && plain(name, escaped) == "key" && !rule) {
          rule = attribute_rule(rules_, json::unescaped(member.substr(1, member.size() - 2)));
        }
      });
    }
    json::for_each_member(text, [&](std::string_view quoted, bool escaped, std::string_view member) {
      const std::string name = plain(quoted, escaped);
      if (rule && name == "value") {
        if (member != "null") {
          add(member, member.starts_with('{') ? kMaskedValue : std::string_view(R"("[redacted]")"), *rule);
        }
      } else {
        value(member, name);
      }
    });
  }

  void string(std::string_view quoted) {
    const std::string_view inside = quoted.substr(1, quoted.size() - 2);
    const bool escaped = inside.find('\\') != std::string_view::npos;
    const std::string decoded = escaped ? json::unescaped(inside) : std::string();
    Matches matches(rules_.detectors, escaped ? std::string_view(decoded) : inside);
    json::WrittenPlaces places(inside);
    for (Match match; matches.next(match);) {
      const std::size_t begin = escaped ? places.of(match.begin) : match.begin;
      const std::size_t end = escaped ? places.of(match.end) : match.end;
      add(inside.substr(begin, end - begin), mask_of(match.detector), rule_of(rules_, match.detector));
    }
  }

  void add(std::string_view what, std::string_view mask, RuleIndex rule) {
    if (too_many()) {
      return;
    }
    edits_.push_back(
        {static_cast<std::uint32_t>(what.data() - body_.data()), static_cast<std::uint32_t>(what.size()), mask, rule});
    growth_ += mask.size();
    out_.hits.push_back(rule);
  }

  std::string_view body_;
  const Rules::Compiled& rules_;
  OtlpMasked& out_;
  std::vector<Edit> edits_;
  std::size_t growth_ = 0;
};

}  // namespace

OtlpMasked mask_otlp_json(std::string_view body, const Rules& rules) {
  OtlpMasked out;
  // Leaves off the white space around the object; the walk may look at one byte behind it.
  const std::size_t begin = body.find('{');
  const std::size_t end = body.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos) {
    out.what = OtlpMasked::What::kNotRead;
    return out;
  }
  JsonMasker masker(body, rules.compiled(), out);
  masker.value(body.substr(begin, end + 1 - begin), {});
  if (masker.too_many()) {
    out.what = OtlpMasked::What::kTooMany;
  } else if (masker.changed()) {
    out.what = OtlpMasked::What::kChanged;
    out.text = masker.masked();
  }
  return out;
}

}  // namespace respand::record
