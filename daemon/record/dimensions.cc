#include "record/dimensions.h"

#include "record/decode.h"
#include "respand/json/members.h"
#include "respand/record/edit.h"

namespace respand::record {
namespace {

// The value of the last member of that name; empty where there is none.
std::string_view member_of(std::string_view object, std::string_view wanted) {
  std::string_view found;
  json::for_each_member(object, [&](std::string_view quoted, bool escaped, std::string_view value) {
    char plain[kMaxName];
    const std::string_view name = escaped ? name_in(quoted, plain) : quoted.substr(1, quoted.size() - 2);
    found = name == wanted ? value : found;
  });
  return found;
}

std::string_view value_at(std::string_view object, const std::vector<std::string>& steps) {
  for (const std::string& step : steps) {
    if (!object.starts_with('{')) {
      return {};
    }
    object = member_of(object, step);
  }
  return object;
}

}  // namespace

void put_dimensions(const RecordFields& fields, const Rules::Compiled& rules, char* scratch, UsageSummary& summary) {
  const std::size_t begin = fields.record.find('{');
  const std::string_view object = fields.record.substr(begin, fields.close + 1 - begin);
  for (std::size_t i = 0; i < rules.dimensions.size(); ++i) {
    std::string_view value = value_at(object, rules.dimensions[i]);
    if (value.empty()) {
      value = value_at(rules.defaults.json(), rules.dimensions[i]);
    } else if (const auto offset = static_cast<std::size_t>(value.data() - fields.record.data());
               const Edit* const edit = edit_over(fields.edits, offset)) {
      value = edit->offset == offset ? edit->replacement : std::string_view();  // masked
    }
    if (value == "true" || value == "false") {
      summary.dimensions[i] = value == "true" ? "true" : "false";
    } else {
      summary.dimensions[i] = name_in(value, scratch + i * kMaxName);
    }
  }
}

std::string_view value_in(const RecordFields& fields, const Rules::Compiled& rules,
                          const std::vector<std::string>& steps) {
  const std::size_t begin = fields.record.find('{');
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view value = value_at(fields.record.substr(begin, fields.close + 1 - begin), steps);
  return value.empty() ? value_at(rules.defaults.json(), steps) : value;
}

std::uint64_t identity_of(const RecordFields& fields) {
  if (!fields.custom_identifier.starts_with('"') || fields.custom_identifier.size() <= 2) {
    return 0;
  }
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : fields.custom_identifier) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
  }
  // These are the last steps of SplitMix64: they make every bit depend on every byte.
  hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ hash >> 27) * 0x94D049BB133111EB;
  hash ^= hash >> 31;
  return hash == 0 ? 1 : hash;
}

}  // namespace respand::record
