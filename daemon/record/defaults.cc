#include "record/defaults.h"

#include <algorithm>

#include "record/decode.h"
#include "respand/base/check.h"
#include "respand/base/text.h"
#include "respand/json/scan.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

std::vector<Defaults::Member> members_of(std::string_view object, bool deeper) {
  std::vector<Defaults::Member> members;
  for (std::size_t at = 1; object[at] != '}';) {
    const char* const last = object.data() + object.size();
    const auto quote = static_cast<std::size_t>(json::scan_string(object.data() + at + 1, last).end - object.data());
    const std::size_t value = quote + 2;  // behind the colon
    const auto end = static_cast<std::size_t>(json::value_end(object.data() + value, last) - object.data());
    Defaults::Member& member = members.emplace_back();
    member.name = json::unescaped(object.substr(at + 1, quote - at - 1));
    member.text = cat(",", object.substr(at, end - at));
    member.is_object = object[value] == '{';
    if (deeper && member.is_object) {
      member.members = members_of(object.substr(value, end - value), false);
    }
    at = object[end] == ',' ? end + 1 : end;
  }
  RESPAND_CHECK(members.size() <= kMostDefaults);
  return members;
}

}  // namespace

Defaults::Defaults(std::string_view json) : json_(json), members_(members_of(json_, true)) {
  RecordParser parser;
  fields_ = parser.parse(json_).fields;
  fields_.raw = nullptr;  // it belongs to this parser, which ends here
  if (fields_.usage_fields != nullptr) {
    usage_fields_ = *fields_.usage_fields;
    fields_.usage_fields = &usage_fields_;
  }
  for (const Member& member : members_) {
    lengths_ |= std::uint64_t{1} << (member.name.size() % 64);
  }
}

std::optional<std::size_t> find_member(const std::vector<Defaults::Member>& members, std::string_view name) {
  const auto found =
      std::find_if(members.begin(), members.end(), [name](const auto& member) { return member.name == name; });
  return found == members.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - members.begin()));
}

}  // namespace respand::record
