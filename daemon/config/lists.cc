#include "config/lists.h"

#include <algorithm>
#include <limits>
#include <set>

#include "config/json.h"
#include "config/limits.h"
#include "config/types.h"
#include "respand/base/api_route.h"
#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::config {
namespace {

// Ids are looked up for every connection, and pointers for every record. A longer list of ids is a mistake, or should
// be a group.
constexpr std::size_t kMostIds = 1024;
constexpr std::size_t kMostPointers = 64;
constexpr std::size_t kMostPaths = 16;
constexpr std::size_t kLongestPointer = 256;  // bytes
constexpr std::size_t kMostFields = 64;       // of records.defaults, and of a map in it that is merged

constexpr std::pair<std::string_view, bool Add::*> kAdditions[] = {{"timestamp", &Add::timestamp},
                                                                   {"custom_identifier", &Add::custom_identifier},
                                                                   {"generation_time", &Add::generation_time},
                                                                   {"cost", &Add::cost}};
constexpr std::pair<std::string_view, bool RedactText::*> kDetectors[] = {{"email", &RedactText::email},
                                                                          {"api_key", &RedactText::api_key},
                                                                          {"bearer", &RedactText::bearer},
                                                                          {"credit_card", &RedactText::credit_card}};

// The texts of a list, each with its node, without those that were reported. `good` is false where any was reported. A
// text that comes twice is reported too.
struct Item {
  const Node* node;
  Substituted scalar;
};
struct Items {
  std::vector<Item> list;
  bool good = true;
};

Items items_of(const Node& node, Reader& reader, const std::string& expected, std::size_t most) {
  Items items;
  if (node.kind != Node::Kind::kList) {
    reader.wrong_kind(node, expected);
    return {{}, false};
  }
  if (node.items.size() > most) {
    reader.problem(node.place, cat("a list of at most ", most, " values"));
    return {{}, false};
  }
  std::set<std::string> seen;
  for (const Node& item : node.items) {
    auto scalar = reader.scalar(item, "text");
    if (scalar && !seen.insert(scalar->text).second) {
      reader.problem(item.place, "this value is in the list twice");
      scalar.reset();
    }
    items.good = items.good && scalar.has_value();
    if (scalar) {
      items.list.push_back({&item, std::move(*scalar)});
    }
  }
  return items;
}

// Whether the text is a JSON pointer (RFC 6901): each step begins with '/', and '~' stands in ~0 and ~1 only. "" is
// refused: it names the whole record, which would be masked.
bool is_pointer(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kLongestPointer) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) {
      return false;
    }
  }
  return printable(text, text.size()) == text;
}

bool few_fields(const Node& node, Reader& reader) {
  const bool few = node.kind != Node::Kind::kMap || node.keys.size() <= kMostFields;
  if (!few) {
    reader.problem(node.place, cat("more than ", kMostFields, " fields, which would be looked up in every record"));
  }
  return few;
}

template <typename Texts>
std::string flow_list(const Texts& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    out += out.size() == 1 ? "" : ", ";
    // A comma or a bracket would end a plain scalar here; yaml_scalar() leaves neither plain.
    out += yaml_scalar(text);
  }
  return out + "]";
}

template <typename Number>
std::string number_list(const std::vector<Number>& numbers) {
  std::vector<std::string> texts;
  std::transform(numbers.begin(), numbers.end(), std::back_inserter(texts),
                 [](Number number) { return std::to_string(number); });
  return flow_list(texts);
}

}  // namespace

std::string Ids::expects() const { return cat("a list of ", whose, " ids such as [0, 1000]"); }

bool read_value(const Ids& type, const Node& node, Reader& reader, std::vector<std::uint32_t>& out) {
  const Count id(0, std::numeric_limits<std::uint32_t>::max() - 1);  // the last one means "none" to the kernel
  auto [items, good] = items_of(node, reader, type.expects(), kMostIds);
  std::vector<std::uint32_t> ids;
  for (const auto& [item, scalar] : items) {
    if (!id.parse(scalar.text, ids.emplace_back())) {
      reader.wrong_text(*item, scalar, cat("the number of a ", type.whose), "", false);
      good = false;
    }
  }
  if (good) {
    out = std::move(ids);
  }
  return good;
}

std::string Ids::show(const Value& value) { return number_list(value); }

std::string StatusCodes::expects() { return cat("a list of statuses from ", kLeast, " to ", kMost, " such as [409]"); }

bool read_value(const StatusCodes& type, const Node& node, Reader& reader, std::vector<std::uint16_t>& out) {
  const Count code(StatusCodes::kLeast, StatusCodes::kMost);
  auto [items, good] = items_of(node, reader, type.expects(), StatusCodes::kMost - StatusCodes::kLeast + 1);
  std::vector<std::uint16_t> codes;
  for (const auto& [item, scalar] : items) {
    std::uint32_t number = 0;
    if (!code.parse(scalar.text, number)) {
      reader.wrong_text(*item, scalar, cat("a status from ", StatusCodes::kLeast, " to ", StatusCodes::kMost), "",
                        false);
      good = false;
    }
    codes.push_back(static_cast<std::uint16_t>(number));
  }
  if (good) {
    out = std::move(codes);
  }
  return good;
}

std::string StatusCodes::show(const Value& value) { return number_list(value); }

std::string Additions::expects() { return "a list of timestamp, custom_identifier, generation_time and cost"; }

// Reads a list of names, each of which sets its flag; all others are off. `names` binds them to the fields.
template <typename Flags, std::size_t N>
bool read_flags(const std::pair<std::string_view, bool Flags::*> (&names)[N], const std::string& expected,
                std::string_view one_of, const Node& node, Reader& reader, Flags& out) {
  auto [items, good] = items_of(node, reader, expected, N);
  Flags flags{};
  for (const auto& [name, field] : names) {
    flags.*field = false;
  }
  for (const Item& item : items) {
    const auto* const known = std::find_if(std::begin(names), std::end(names),
                                           [&](const auto& entry) { return entry.first == item.scalar.text; });
    if (known == std::end(names)) {
      reader.wrong_text(*item.node, item.scalar, one_of, "", false);
      good = false;
    } else {
      flags.*(known->second) = true;
    }
  }
  if (good) {
    out = flags;
  }
  return good;
}

template <typename Flags, std::size_t N>
std::string show_flags(const std::pair<std::string_view, bool Flags::*> (&names)[N], const Flags& value) {
  std::vector<std::string_view> on;
  for (const auto& [name, field] : names) {
    if (value.*field) {
      on.push_back(name);
    }
  }
  return flow_list(on);
}

bool read_value(const Additions& type, const Node& node, Reader& reader, Add& out) {
  return read_flags(kAdditions, type.expects(), "timestamp, custom_identifier, generation_time or cost", node, reader,
                    out);
}

std::string Additions::show(const Add& value) { return show_flags(kAdditions, value); }

std::string Detectors::expects() { return "a list of email, api_key, bearer and credit_card"; }

bool read_value(const Detectors& type, const Node& node, Reader& reader, RedactText& out) {
  return read_flags(kDetectors, type.expects(), "email, api_key, bearer or credit_card", node, reader, out);
}

std::string Detectors::show(const RedactText& value) { return show_flags(kDetectors, value); }

bool read_value(const Pointers& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  auto [items, good] = items_of(node, reader, type.expects(), kMostPointers);
  std::vector<std::string> pointers;
  for (const auto& [item, scalar] : items) {
    if (!is_pointer(scalar.text)) {
      reader.wrong_text(*item, scalar, "a JSON pointer such as /metadata/token, with ~0 for ~ and ~1 for /", "", false);
      good = false;
    }
    pointers.push_back(scalar.text);
  }
  if (good) {
    out = std::move(pointers);
  }
  return good;
}

// Reads a list of texts each of which can be checked by itself.
template <typename Type, typename Good>
bool read_texts(const Type& type, std::string_view one, const Node& node, Reader& reader, const Good& is_good,
                std::vector<std::string>& out) {
  constexpr std::size_t kMostNames = 64;
  auto [items, good] = items_of(node, reader, type.expects(), kMostNames);
  std::vector<std::string> texts;
  for (const auto& [item, scalar] : items) {
    if (!is_good(scalar.text)) {
      reader.wrong_text(*item, scalar, std::string(one), "", false);
      good = false;
    }
    texts.push_back(scalar.text);
  }
  if (good) {
    out = std::move(texts);
  }
  return good;
}

bool is_host_name(std::string_view text) {
  constexpr std::size_t kLongestName = 253;
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

bool read_value(const HostNames& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  return read_texts(type, "a host name such as logs.example.org, without a port", node, reader, is_host_name, out);
}

bool read_value(const AttributePatterns& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  const auto is_pattern = [](std::string_view text) {
    return !text.empty() && text.size() <= kLongestPointer && printable(text, text.size()) == text;
  };
  return read_texts(type, "an attribute's key such as gen_ai.prompt.*, with * for any text", node, reader, is_pattern,
                    out);
}

// Whether the text is an origin: nothing stands behind host and port, because a browser never sends more.
bool is_origin(std::string_view text) {
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos || slashes == 0) {
    return false;
  }
  const std::string_view host = text.substr(slashes + 3);
  return !host.empty() && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(slashes), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
  }) && host.find_first_of("/?# \t\r\n*@,") == std::string_view::npos;
}

bool read_value(const Origins& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  return read_texts(type, "an origin such as https://app.example.org, with nothing behind host and port", node, reader,
                    is_origin, out);
}

bool read_value(const OtherRoutes& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  const auto is_other = [](std::string_view text) {
    const auto route = route_of(text);
    return route && is_on_request(*route);
  };
  return read_texts(type, "v1/logs, v2/logs or v1/metrics: all other routes are served anyway", node, reader, is_other,
                    out);
}

// The other names that `respand costs --by` knows: no dimension may have one of them.
constexpr std::string_view kOtherNames[] = {"model", "provider", "customer", "environment", "month", "day", "hour"};

bool read_value(const Dimensions& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  auto [items, good] = items_of(node, reader, type.expects(), kMostDimensions + 1);
  std::vector<std::string> dimensions;
  std::set<std::string> names;
  for (const auto& [item, scalar] : items) {
    const std::string name = dimension_name(scalar.text);
    const bool taken = std::find(std::begin(kOtherNames), std::end(kOtherNames), name) != std::end(kOtherNames);
    if (scalar.text != kHostDimension && (!is_pointer(scalar.text) || name.empty() || name == "*")) {
      reader.wrong_text(*item, scalar, "a JSON pointer to one member such as /metadata/team", "", false);
      good = false;
    } else if (taken || !names.insert(name).second) {
      reader.problem(item->place, cat("`respand costs --by ", name, "` would mean two things"));
      good = false;
    }
    dimensions.push_back(scalar.text);
  }
  const bool has_host = std::find(dimensions.begin(), dimensions.end(), kHostDimension) != dimensions.end();
  if (good && dimensions.size() > kMostDimensions + (has_host ? 1 : 0)) {
    reader.problem(node.place, cat("a list of at most ", kMostDimensions, " values"));
    good = false;
  }
  if (good) {
    out = std::move(dimensions);
  }
  return good;
}

std::string Pointers::show(const Value& value) { return flow_list(value); }

bool read_value(const PathList& type, const Node& node, Reader& reader, std::vector<std::string>& out) {
  Node list;
  list.kind = Node::Kind::kList;
  list.place = node.place;
  if (node.kind == Node::Kind::kScalar) {
    list.items.push_back(node);
  }
  auto [items, good] = items_of(node.kind == Node::Kind::kScalar ? list : node, reader, type.expects(), kMostPaths);
  const AbsolutePath path(kLongestPath, false);
  std::vector<std::string> paths;
  for (const auto& [item, scalar] : items) {
    if (!path.parse(scalar.text, paths.emplace_back())) {
      reader.wrong_text(*item, scalar, path.expects(), "", false);
      good = false;
    }
  }
  if (good) {
    out = std::move(paths);
  }
  return good;
}

std::string PathList::show(const Value& value) {
  return value.size() == 1 ? yaml_scalar(value.front()) : flow_list(value);
}

bool read_value(const Fields& type, const Node& node, Reader& reader, std::string& out) {
  if (node.kind != Node::Kind::kMap) {
    reader.wrong_kind(node, type.expects());
    return false;
  }
  const auto few = [&](const Node& map) { return few_fields(map, reader); };
  if (!few(node) || !std::all_of(node.items.begin(), node.items.end(), few)) {
    return false;
  }
  std::string json;
  if (!put_json(node, reader, json)) {
    return false;
  }
  if (json.size() > kMaxDefaults) {
    reader.problem(node.place, cat("larger than ", to_text(Bytes{kMaxDefaults}), ", which every record would carry"));
    return false;
  }
  out = std::move(json);
  return true;
}

// "${" in the name of a field is refused when it is read, so only values can hold it.
std::string Fields::show(const std::string& value) { return escape_dollars(value); }

}  // namespace respand::config
