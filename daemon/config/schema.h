#pragma once
// What each type of value looks like, as JSON Schema: for editors, which complete keys and mark wrong values while a
// file is written. The types' own parse() is the judge; a schema may let pass what that refuses. Pure.

#include <string>
#include <string_view>
#include <type_traits>

#include "config/budgets.h"
#include "config/lists.h"
#include "config/network.h"
#include "config/types.h"
#include "respand/base/text.h"

namespace respand::config {

// Texts of any kind.
inline std::string schema_of(const Scalar&) { return R"("type":"string")"; }
inline std::string schema_of(const Count& type) {
  return cat(R"("type":"integer","minimum":)", type.least, R"(,"maximum":)", type.most);
}
inline std::string schema_of(const Share& type) {
  return cat(R"("type":"number","minimum":0,"maximum":)", Share::show(type.most));
}
inline std::string schema_of(const Size&) {
  return R"("type":["string","integer"],"minimum":0,"maximum":0,"pattern":"^[0-9]+(B|KiB|MiB|GiB|TiB)$")";
}
inline std::string schema_of(const Period&) {
  return R"("type":["string","integer"],"minimum":0,"maximum":0,"pattern":"^[0-9]+(us|ms|s|m|h|d)$")";
}
inline std::string schema_of(const FileMode&) { return R"("type":["string","integer"])"; }
inline std::string schema_of(const GroupName&) { return R"("type":["string","integer"])"; }

template <typename Enum>
std::string schema_of(const Choice<Enum>& type) {
  if (std::is_same_v<Enum, bool>) {
    return R"("type":"boolean")";
  }
  std::string names;
  for (const auto& [name, value] : type.names) {
    // YAML reads 1.1 and 2 as numbers.
    const bool number = name.find_first_not_of("0123456789.") == std::string_view::npos;
    names += cat(names.empty() ? "" : ",", number ? std::string(name) + "," : "", "\"", name, "\"");
  }
  return cat(R"("enum":[)", names, "]");
}

inline std::string list_schema(std::string_view item) { return cat(R"("type":"array","items":{)", item, "}"); }
inline std::string schema_of(const Ids&) { return list_schema(R"("type":"integer","minimum":0)"); }
inline std::string schema_of(const StatusCodes&) {
  return list_schema(cat(R"("type":"integer","minimum":)", StatusCodes::kLeast, R"(,"maximum":)", StatusCodes::kMost));
}
inline std::string schema_of(const Pointers&) { return list_schema(R"("type":"string","pattern":"^/")"); }
inline std::string schema_of(const Dimensions&) { return schema_of(Pointers{}) + R"(,"maxItems":3)"; }
inline std::string schema_of(const Additions&) {
  return list_schema(R"("enum":["timestamp","custom_identifier","generation_time","cost"])");
}
inline std::string schema_of(const Detectors&) {
  return list_schema(R"("enum":["email","api_key","bearer","credit_card"])");
}
inline std::string schema_of(const PathList&) {
  return R"("type":["string","array"],"items":{"type":"string","pattern":"^/"})";
}
inline std::string schema_of(const Fields&) { return R"("type":"object")"; }
inline std::string schema_of(const Budgets&) {
  return list_schema(
      R"("type":"object","additionalProperties":false,"required":["per","usd"],"properties":{)"
      R"("match":{"type":"object","additionalProperties":false,"properties":{"model":{"type":"string"},)"
      R"("provider":{"type":"string"},"customer":{"type":["string","integer"]},"environment":{"type":"string"}}},)"
      R"("per":{"enum":["hour","day","month"]},"usd":{"type":"number"}})");
}

}  // namespace respand::config
