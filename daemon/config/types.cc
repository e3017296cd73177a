#include "config/types.h"

#include <algorithm>
#include <charconv>

#include "config/json.h"
#include "respand/base/text.h"
#include "respand/json/text.h"

namespace respand::config {
namespace {

struct Spelling {
  std::string_view wrong;
  std::string_view right;
};

constexpr Spelling kSizes[] = {{"B", "B"},    {"K", "KiB"},   {"KB", "KiB"}, {"KIB", "KiB"}, {"M", "MiB"},
                               {"MB", "MiB"}, {"MIB", "MiB"}, {"G", "GiB"},  {"GB", "GiB"},  {"GIB", "GiB"},
                               {"T", "TiB"},  {"TB", "TiB"},  {"TIB", "TiB"}};
constexpr Spelling kPeriods[] = {{"", "s"},        {"S", "s"},       {"SEC", "s"},   {"SECS", "s"}, {"SECOND", "s"},
                                 {"SECONDS", "s"}, {"MS", "ms"},     {"MSEC", "ms"}, {"MIN", "m"},  {"MINS", "m"},
                                 {"MINUTE", "m"},  {"MINUTES", "m"}, {"M", "m"},     {"H", "h"},    {"HOUR", "h"},
                                 {"HOURS", "h"},   {"D", "d"},       {"DAY", "d"},   {"DAYS", "d"}, {"US", "us"}};

// The number in `text` with the right spelling of its unit; empty where the unit is not known.
template <std::size_t N>
std::string respelled(std::string_view text, const Spelling (&spellings)[N]) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string unit(text.substr(std::min(text.find_first_not_of(' ', digits), text.size())));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const Spelling& spelling : spellings) {
    if (digits > 0 && unit == spelling.wrong) {
      return cat(text.substr(0, digits), spelling.right);
    }
  }
  return {};
}

template <typename Number>
bool whole_number(std::string_view text, Number& out, int base) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return failure == std::errc{} && end == text.data() + text.size();
}

}  // namespace

// Plain only where YAML surely reads the same text back: letters, digits and few other characters, and a safe first
// one. Everything else is quoted.
std::string yaml_scalar(std::string_view text) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto plain = [&](char c) {
    return letter_or_digit(c) || std::string_view("/._-:@+=").find(c) != std::string_view::npos;
  };
  if (text.empty()) {
    return {};
  }
  const bool first_safe = letter_or_digit(text.front()) || text.front() == '/';
  if (first_safe && text.back() != ':' && std::all_of(text.begin(), text.end(), plain) && !is_yaml_null(text)) {
    return std::string(text);
  }
  std::string out;
  json::put_string(out, escape_dollars(text));
  return out;
}

std::string alternatives(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::string Size::expects() const {
  return cat(or_zero ? "0 or " : "", "a size from ", to_text(least), " to ", to_text(most));
}
std::string Size::schema() const {
  return schema::any_of({R"({"type":"integer","minimum":0})", schema::text("^[0-9]+(B|KiB|MiB|GiB|TiB)?$")});
}
bool Size::parse(std::string_view text, Bytes& out) const {
  const auto value = parse_bytes(text);
  const bool zero = or_zero && value && *value == Bytes{0};
  if (!value || (!zero && (*value < least || *value > most))) {
    return false;
  }
  out = *value;
  return true;
}
std::string Size::show(Bytes value) { return to_text(value); }
std::string Size::suggestion(std::string_view text) { return respelled(text, kSizes); }

std::string Period::expects() const {
  return cat(or_zero ? "0 or " : "", "a duration from ", to_text(least), " to ", to_text(most));
}
// Of all numbers only 0 needs no unit.
std::string Period::schema() const {
  return schema::any_of({schema::one_of({"0"}), schema::text("^[0-9]+(us|ms|s|m|h|d)$")});
}
bool Period::parse(std::string_view text, Duration& out) const {
  const auto value = parse_duration(text);
  const bool zero = or_zero && value && *value == Duration{0};
  if (!value || (!zero && (*value < least || *value > most))) {
    return false;
  }
  out = *value;
  return true;
}
std::string Period::show(Duration value) { return to_text(value); }
std::string Period::suggestion(std::string_view text) { return respelled(text, kPeriods); }

std::string Count::expects() const { return cat("a whole number from ", least, " to ", most); }
std::string Count::schema() const { return schema::whole_number(least, most); }
bool Count::parse(std::string_view text, std::uint32_t& out) const {
  std::uint32_t value = 0;
  if (!whole_number(text, value, 10) || value < least || value > most) {
    return false;
  }
  out = value;
  return true;
}

std::string Share::expects() const { return cat("a number from 0 to ", show(most), " such as 0.25"); }
std::string Share::schema() const { return schema::decimal(show(most)); }
bool Share::parse(std::string_view text, double& out) const {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  const bool number = failure == std::errc{} && end == text.data() + text.size() && !text.starts_with('-');
  if (!number || !(value >= 0 && value <= most)) {
    return false;
  }
  out = value;
  return true;
}
std::string Share::show(double value) {
  // The shortest text that is read back as the same value. Without an exponent the smallest number takes some 1,100
  // characters.
  std::string out(1200, '\0');
  out.resize(static_cast<std::size_t>(
      std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::fixed).ptr - out.data()));
  return out;
}
std::string Share::suggestion(std::string_view text) {
  double percent = 0;
  const bool is_percent = text.ends_with('%');
  text.remove_suffix(is_percent ? 1 : 0);
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), percent);
  return is_percent && failure == std::errc{} && end == text.data() + text.size() ? show(percent / 100) : "";
}

std::string AbsolutePath::expects() const { return cat("an absolute path of at most ", longest, " bytes"); }
std::string AbsolutePath::schema() const {
  const std::string path = schema::text("^/", longest);
  return optional ? schema::any_of({path, schema::one_of({""})}) : path;
}
bool AbsolutePath::parse(std::string_view text, std::string& out) const {
  const bool off = text.empty() && optional;
  if (!off && (!text.starts_with('/') || text.size() > longest || printable(text, text.size()) != text)) {
    return false;
  }
  out = text;
  return true;
}

std::string KeyText::show(const Secret& value) { return value.empty() ? "" : cat('"', kMaskedKey, '"'); }

bool FileMode::parse(std::string_view text, std::uint32_t& out) {
  std::uint32_t value = 0;
  const bool three_digits = text.size() == 3 || (text.size() == 4 && text.front() == '0');
  if (!three_digits || !whole_number(text, value, 8)) {
    return false;
  }
  out = value;
  return true;
}
std::string FileMode::show(std::uint32_t value) {
  const auto digit = [&](int shift) { return static_cast<char>('0' + ((value >> shift) & 7)); };
  return cat("\"0", digit(6), digit(3), digit(0), '"');
}

bool GroupName::parse(std::string_view text, std::string& out) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (text.size() > 32 || text.starts_with('-') ||
      !std::all_of(text.begin(), text.end(), fits)) {  // useradd's own limit
    return false;
  }
  out = text;
  return true;
}

}  // namespace respand::config
