// Which key of api.keys a record goes out under (records.route).

#include <algorithm>
#include <array>

#include "record/decode.h"
#include "record/dimensions.h"
#include "record/rules_compiled.h"
#include "respand/record/account.h"
#include "respand/record/check.h"

namespace respand::record {
namespace {

bool has_value(std::string_view written, std::string_view wanted) {
  std::array<char, kMaxName> scratch;
  return !written.empty() && (written == wanted || name_in(written, scratch.data()) == wanted);
}

}  // namespace

std::optional<std::string_view> Rules::key_of(const Facts& facts, std::optional<std::uint32_t> uid) const {
  for (const Compiled::KeyMatch& route : compiled_->keys) {
    const bool holds =
        (!route.uid || route.uid == uid) && std::all_of(route.match.begin(), route.match.end(), [&](const auto& one) {
          return has_value(value_in(facts, *compiled_, one.first), one.second);
        });
    if (holds) {
      return route.key;
    }
  }
  return std::nullopt;
}

}  // namespace respand::record
