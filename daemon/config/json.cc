#include "config/json.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "respand/json/text.h"

namespace respand::config {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string_view take_digits(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of(kDigits));
  text.remove_prefix(digits.size());
  return digits;
}

bool take_any(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// The decimal form of 0x1F or 0o17, which are numbers in the core schema but not in JSON. Empty where the text is
// neither.
std::string from_other_base(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  if (base == 0 || text.size() < 3) {
    return {};
  }
  const auto [end, failure] = std::from_chars(text.data() + 2, last, value, base);
  return failure == std::errc{} && end == last ? std::to_string(value) : std::string{};
}

// A number of the core schema in JSON's grammar: without a plus and leading zeros, and with digits on both sides of the
// point. Otherwise it stays as it is spelled. Empty where the text is no number.
std::string json_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    return from_other_base(text);
  }
  std::string out = text.starts_with('-') ? "-" : "";
  take_any(text, "+-");
  std::string_view whole = take_digits(text);
  const bool point = take_any(text, ".");
  const std::string_view fraction = point ? take_digits(text) : std::string_view{};
  if (whole.empty() && fraction.empty()) {
    return {};
  }
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  out.append(whole.empty() ? "0" : whole);
  if (point) {
    out.append(".").append(fraction.empty() ? "0" : fraction);
  }
  const std::string_view exponent = text;
  if (take_any(text, "eE")) {
    take_any(text, "+-");
    if (take_digits(text).empty()) {
      return {};
    }
    out.append(exponent);
  }
  return text.empty() ? out : std::string{};
}

bool is_infinity_or_nan(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return true;
  }
  take_any(text, "+-");
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

bool put_scalar(const Node& node, Reader& reader, std::string& out) {
  const auto scalar = reader.scalar(node, "text");
  if (!scalar) {
    return false;
  }
  const std::string& text = scalar->text;
  const std::string number = node.quoted ? "" : json_number(text);
  if (node.quoted) {
    json::put_string(out, text);
  } else if (is_yaml_null(text)) {
    out.append("null");
  } else if (text == "true" || text == "True" || text == "TRUE") {
    out.append("true");
  } else if (text == "false" || text == "False" || text == "FALSE") {
    out.append("false");
  } else if (is_infinity_or_nan(text)) {
    reader.problem(node.place, "JSON has no infinity and no NaN: put it in quotes");
    return false;
  } else if (!number.empty()) {
    out.append(number);
  } else {
    json::put_string(out, text);
  }
  return true;
}

// Checks the name of a field, which is taken as it is written.
bool good_name(const Node& name, std::set<std::string_view>& seen, Reader& reader) {
  std::string_view mistake;
  if (name.kind != Node::Kind::kScalar || name.text.size() > kMaxFieldName) {
    mistake = "the name of a field must be text of at most 256 bytes";
  } else if (name.text.find("${") != std::string::npos) {
    mistake = "${NAME} is replaced in values, not in the names of fields";
  } else if (!seen.insert(name.text).second) {
    mistake = "this field is written twice";
  }
  if (!mistake.empty()) {
    reader.problem(name.place, mistake);
  }
  return mistake.empty();
}

}  // namespace

bool is_yaml_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

bool put_json(const Node& node, Reader& reader, std::string& out) {
  if (out.size() > kMaxDefaults) {
    return true;  // too large already: the caller says so, once
  }
  bool good = true;
  std::set<std::string_view> seen;
  switch (node.kind) {
    case Node::Kind::kNull:
      out.append("null");
      break;
    case Node::Kind::kScalar:
      return put_scalar(node, reader, out);
    case Node::Kind::kList:
      out.push_back('[');
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        out.append(i == 0 ? "" : ",");
        good = put_json(node.items[i], reader, out) && good;
      }
      out.push_back(']');
      break;
    case Node::Kind::kMap:
      out.push_back('{');
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        out.append(i == 0 ? "" : ",");
        good = good_name(node.keys[i], seen, reader) && good;
        json::put_string(out, node.keys[i].text);
        out.push_back(':');
        good = put_json(node.items[i], reader, out) && good;
      }
      out.push_back('}');
      break;
  }
  return good;
}

}  // namespace respand::config
