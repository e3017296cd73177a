#include "config/key_lists.h"

#include <algorithm>
#include <limits>
#include <set>

#include "config/limits.h"
#include "config/schema.h"
#include "respand/base/text.h"

namespace respand::config {
namespace {

// Each key has a circuit breaker, a limit and a ring of references on each route on which it is used.
constexpr std::size_t kMostKeys = 64;
constexpr std::size_t kLongestKeyName = 64;
// All rules are looked at for every record.
constexpr std::size_t kMostRoutes = 64;
constexpr std::size_t kMostMatchFields = 8;
constexpr std::size_t kLongestField = 256;
constexpr std::size_t kLongestValue = 64;  // shorter than what is read of a record's value

constexpr std::string_view kNameForm = "a name of letters, digits, '.', '-' and '_', at most 64 of them";

// Calls `member(name, value)` for each member of the map. False where a name is not text or comes twice, or where a
// call returned false.
template <typename Member>
bool each_member(const Node& map, Reader& reader, const Member& member) {
  std::set<std::string_view> seen;
  bool good = true;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const Node& name = map.keys[i];
    if (name.kind != Node::Kind::kScalar || !seen.insert(name.text).second) {
      reader.problem(name.place, "a key must be a name, and stand there once");
      good = false;
    } else {
      good = member(name, map.items[i]) && good;
    }
  }
  return good;
}

bool unknown(const Node& name, Reader& reader, std::string_view known) {
  reader.problem(name.place, cat("unknown key '", printable(name.text, 60), "': known are ", known));
  return false;
}

template <typename Type>
bool read_scalar(const Type& type, const Node& node, Reader& reader, typename Type::Value& out) {
  const auto scalar = reader.scalar(node, type.expects());
  if (scalar && !type.parse(scalar->text, out)) {
    reader.wrong_text(node, *scalar, type.expects(), "", type.hide(scalar->text));
    return false;
  }
  return scalar.has_value();
}

bool read_key_file(const Node& node, Reader& reader, NamedKey& key) {
  if (node.kind != Node::Kind::kMap) {
    reader.wrong_kind(node, "a map such as {api_key_file: /etc/respand/prod.key}");
    return false;
  }
  const bool good = each_member(node, reader, [&](const Node& name, const Node& value) {
    return name.text == "api_key_file" ? read_scalar(SecretPath(kLongestPath, false), value, reader, key.file)
                                       : unknown(name, reader, "api_key_file");
  });
  if (good && key.file.empty()) {
    reader.problem(node.place, cat(key.name, " needs an api_key_file"));
  }
  return good && !key.file.empty();
}

class RouteReader {
 public:
  RouteReader(Reader& reader, KeyRoute& route) : reader_(reader), route_(route) {}

  bool read(const Node& node) {
    if (node.kind != Node::Kind::kMap) {
      reader_.wrong_kind(node, "a map such as {match: {environment: prod}, key: prod}");
      return false;
    }
    const bool good = each_member(node, reader_, [this](const Node& name, const Node& value) {
      if (name.text == "match") {
        return read_match(value);
      }
      if (name.text == "uid") {
        std::uint32_t uid = 0;
        const bool read = read_scalar(Count(0, std::numeric_limits<std::uint32_t>::max() - 1), value, reader_, uid);
        route_.uid = uid;
        return read;
      }
      return name.text == "key" ? read_scalar(KeyName{}, value, reader_, route_.key)
                                : unknown(name, reader_, "match, uid and key");
    });
    if (good && (route_.key.empty() || (route_.match.empty() && !route_.uid))) {
      reader_.problem(node.place, "a rule needs a key, and a match or a uid");
      return false;
    }
    return good;
  }

 private:
  bool read_match(const Node& node) {
    if (node.kind != Node::Kind::kMap || node.keys.size() > kMostMatchFields) {
      reader_.wrong_kind(node, cat("a map of at most ", kMostMatchFields, " fields such as {environment: prod}"));
      return false;
    }
    return each_member(node, reader_, [this](const Node& name, const Node& value) {
      if (name.text.empty() || name.text.size() > kLongestField) {
        reader_.problem(name.place, "a field is a member's name, or a JSON pointer such as /metadata/team");
        return false;
      }
      const auto text = reader_.scalar(value, "a value");
      if (!text) {
        return false;
      }
      if (text->text.empty() || text->text.size() > kLongestValue) {
        reader_.wrong_text(value, *text, cat("a value of at most ", kLongestValue, " bytes"), "", false);
        return false;
      }
      route_.match.emplace_back(name.text, text->text);
      return true;
    });
  }

  Reader& reader_;
  KeyRoute& route_;
};

}  // namespace

bool is_key_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKeyName && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

bool KeyName::parse(std::string_view text, std::string& out) {
  if (!is_key_name(text) && !text.empty()) {
    return false;
  }
  out = text;
  return true;
}

bool read_value(const NamedKeys& type, const Node& node, Reader& reader, std::vector<NamedKey>& out) {
  if (node.kind != Node::Kind::kMap) {
    reader.wrong_kind(node, type.expects());
    return false;
  }
  if (node.keys.size() > kMostKeys) {
    reader.problem(node.place, cat("at most ", kMostKeys, " keys"));
    return false;
  }
  std::vector<NamedKey> keys;
  const bool good = each_member(node, reader, [&](const Node& name, const Node& value) {
    if (!is_key_name(name.text)) {
      reader.problem(name.place, cat("a key is called by ", kNameForm));
      return false;
    }
    NamedKey& key = keys.emplace_back();
    key.name = name.text;
    return read_key_file(value, reader, key);
  });
  if (good) {
    out = std::move(keys);
  }
  return good;
}

std::string NamedKeys::show(const Value& value) {
  std::string out = "{";
  for (const NamedKey& key : value) {
    out += cat(out.size() == 1 ? "" : ", ", yaml_scalar(key.name), ": {api_key_file: ", yaml_scalar(key.file), "}");
  }
  return out + "}";
}

bool read_value(const KeyRoutes& type, const Node& node, Reader& reader, std::vector<KeyRoute>& out) {
  if (node.kind != Node::Kind::kList || node.items.size() > kMostRoutes) {
    reader.wrong_kind(node, type.expects());
    return false;
  }
  std::vector<KeyRoute> routes;
  bool good = true;
  for (const Node& item : node.items) {
    good = RouteReader(reader, routes.emplace_back()).read(item) && good;
  }
  if (good) {
    out = std::move(routes);
  }
  return good;
}

std::string KeyRoutes::show(const Value& value) {
  std::string out = "[";
  for (const KeyRoute& route : value) {
    out += out.size() == 1 ? "{" : ", {";
    if (!route.match.empty()) {
      std::string match;
      for (const auto& [field, text] : route.match) {
        match += cat(match.empty() ? "" : ", ", yaml_scalar(field), ": ", yaml_scalar(text));
      }
      out += cat("match: {", match, "}, ");
    }
    out += route.uid ? cat("uid: ", *route.uid, ", ") : std::string();
    out += cat("key: ", yaml_scalar(route.key), "}");
  }
  return out + "]";
}

std::string NamedKeys::schema() {
  return cat(R"({"type":"object","additionalProperties":{"type":"object","additionalProperties":false,)",
             R"("required":["api_key_file"],"properties":{"api_key_file":)", schema::or_variable(schema::text("^/")),
             "}}}");
}

std::string KeyRoutes::schema() {
  return schema::list_of(
      cat(R"({"type":"object","additionalProperties":false,"required":["key"],"properties":{)",
          R"("match":{"type":"object","additionalProperties":)", schema::text_or_number({}), R"(},"uid":)",
          schema::or_variable(schema::whole_number(0, std::numeric_limits<std::uint32_t>::max() - 1)), R"(,"key":)",
          schema::or_variable(schema::text_or_number("^[A-Za-z0-9_.-]+$")), "}}"));
}

}  // namespace respand::config
