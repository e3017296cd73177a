// Which key of api.keys a record goes out under (records.route).

#include <algorithm>
#include <array>

#include "record/decode.h"
#include "record/dimensions.h"
#include "record/rules_compiled.h"
#include "respand/record/record_parser.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

bool has_value(std::string_view written, std::string_view wanted) {
  std::array<char, kMaxName> scratch;
  return !written.empty() && (written == wanted || name_in(written, scratch.data()) == wanted);
}

}  // namespace

std::optional<std::string_view> Rules::key_of(const RecordFields& fields, std::optional<std::uint32_t> uid) const {
  for (const Compiled::KeyMatch& route : compiled_->keys) {
    const bool holds =
        (!route.uid || route.uid == uid) && std::all_of(route.match.begin(), route.match.end(), [&](const auto& one) {
          return has_value(value_in(fields, *compiled_, one.first), one.second);
        });
    if (holds) {
      return route.key;
    }
  }
  return std::nullopt;
}

}  // namespace respand::record
