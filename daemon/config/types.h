#pragma once
// The types of scalar values. Each says what it expects, parses a text to a value that needs no further check, and
// shows a value as YAML. keys.cc binds them to fields. Pure; the Reader words the mistakes.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/reader.h"
#include "config/schema.h"

namespace respand::config {

// The text that stands for a secret where a configuration is printed.
inline constexpr std::string_view kMaskedKey = "********";

// A scalar as YAML: plain where that is safe, else in double quotes, with "${" escaped. Empty for an empty text.
[[nodiscard]] std::string yaml_scalar(std::string_view text);
// "a, b or c".
[[nodiscard]] std::string alternatives(const std::vector<std::string_view>& names);

// What most types have in common: nothing better to suggest, nothing to hide.
struct Scalar {
  [[nodiscard]] static std::string suggestion(std::string_view) { return {}; }
  [[nodiscard]] static bool hide(std::string_view) { return false; }
};

struct Size : Scalar {
  using Value = Bytes;
  Bytes least, most;
  bool or_zero;
  Size(Bytes from, Bytes to, bool zero = false) : least(from), most(to), or_zero(zero) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] std::string schema() const;
  bool parse(std::string_view text, Bytes& out) const;
  [[nodiscard]] static std::string show(Bytes value);
  [[nodiscard]] static std::string suggestion(std::string_view text);  // "8MB" -> "8MiB"
};

struct Period : Scalar {
  using Value = Duration;
  Duration least, most;
  bool or_zero;
  Period(Duration from, Duration to, bool zero = false) : least(from), most(to), or_zero(zero) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] std::string schema() const;
  bool parse(std::string_view text, Duration& out) const;
  [[nodiscard]] static std::string show(Duration value);
  [[nodiscard]] static std::string suggestion(std::string_view text);  // "30" and "30 sec" -> "30s"
};

struct Count : Scalar {
  using Value = std::uint32_t;
  std::uint32_t least, most;
  Count(std::uint32_t from, std::uint32_t to) : least(from), most(to) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] std::string schema() const;
  bool parse(std::string_view text, std::uint32_t& out) const;
  [[nodiscard]] static std::string show(std::uint32_t value) { return std::to_string(value); }
};

// A share of all: a decimal without exponent.
struct Share : Scalar {
  using Value = double;
  double most = 1;
  Share() = default;
  explicit Share(double most_of_all) : most(most_of_all) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] std::string schema() const;
  bool parse(std::string_view text, double& out) const;
  [[nodiscard]] static std::string show(double value);
  [[nodiscard]] static std::string suggestion(std::string_view text);  // "25%" -> "0.25"
};

template <typename Enum>
struct Choice : Scalar {
  using Value = Enum;
  std::vector<std::pair<std::string_view, Enum>> names;
  explicit Choice(std::vector<std::pair<std::string_view, Enum>> all) : names(std::move(all)) {}
  [[nodiscard]] std::string expects() const { return alternatives(words()); }
  [[nodiscard]] std::string schema() const { return schema::one_of(words()); }
  [[nodiscard]] std::vector<std::string_view> words() const {
    std::vector<std::string_view> texts;
    for (const auto& [text, value] : names) {
      texts.push_back(text);
    }
    return texts;
  }
  // "warn" -> "warning": the only word that begins with the text, or that the text begins with.
  [[nodiscard]] std::string suggestion(std::string_view text) const {
    std::string meant;
    for (const auto& [name, value] : names) {
      if (text.size() > 1 && name.front() >= 'a' && (name.starts_with(text) || text.starts_with(name))) {
        if (!meant.empty()) {
          return {};
        }
        meant = name;
      }
    }
    return meant;
  }
  bool parse(std::string_view text, Enum& out) const {
    for (const auto& [name, value] : names) {
      if (name == text) {
        out = value;
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] std::string show(Enum value) const {
    for (const auto& [name, named] : names) {
      if (named == value) {
        return std::string(name);
      }
    }
    return {};
  }
};

// An absolute path. An optional one may be empty: off.
struct AbsolutePath : Scalar {
  using Value = std::string;
  std::size_t longest;
  bool optional;
  AbsolutePath(std::size_t most, bool may_be_empty) : longest(most), optional(may_be_empty) {}
  [[nodiscard]] std::string expects() const;
  [[nodiscard]] std::string schema() const;
  bool parse(std::string_view text, std::string& out) const;
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

// A path in whose place people put the key itself by mistake: it is never shown.
struct SecretPath : AbsolutePath {
  using AbsolutePath::AbsolutePath;
  [[nodiscard]] static bool hide(std::string_view) { return true; }
};

// The API key; credential.cc checks it, wherever it came from.
struct KeyText : Scalar {
  using Value = Secret;
  [[nodiscard]] static std::string expects() { return "the API key"; }
  [[nodiscard]] static std::string schema() { return schema::text_or_number({}); }
  static bool parse(std::string_view text, Secret& out) {
    out = Secret(std::string(text));
    return true;
  }
  [[nodiscard]] static std::string show(const Secret& value);
  [[nodiscard]] static bool hide(std::string_view) { return true; }
};

struct FileMode : Scalar {
  using Value = std::uint32_t;
  [[nodiscard]] static std::string expects() { return "an octal file mode such as \"0660\""; }
  [[nodiscard]] static std::string schema() { return schema::text_or_number("^0?[0-7]{3}$"); }
  static bool parse(std::string_view text, std::uint32_t& out);
  [[nodiscard]] static std::string show(std::uint32_t value);
};

struct GroupName : Scalar {
  using Value = std::string;
  [[nodiscard]] static std::string expects() { return "the name or number of a group"; }
  [[nodiscard]] static std::string schema() { return schema::text_or_number("^[A-Za-z0-9_.-]*$"); }
  static bool parse(std::string_view text, std::string& out);
  [[nodiscard]] static std::string show(const std::string& value) { return yaml_scalar(value); }
};

// Reads a scalar of any of these types. Where it returns false, `out` is as it was: either the mistake was reported, or
// the text came out empty (${NAME:-} without NAME), which counts as not written.
template <typename Type>
bool read_value(const Type& type, const Node& node, Reader& reader, typename Type::Value& out) {
  const auto scalar = reader.scalar(node, type.expects());
  if (!scalar || (scalar->text.empty() && scalar->replaced)) {
    return false;
  }
  if (type.parse(scalar->text, out)) {
    return true;
  }
  std::string suggestion = type.suggestion(scalar->text);
  typename Type::Value ignored{};
  if (!type.parse(suggestion, ignored)) {
    suggestion.clear();
  }
  reader.wrong_text(node, *scalar, type.expects(), suggestion, type.hide(scalar->text));
  return false;
}

}  // namespace respand::config
