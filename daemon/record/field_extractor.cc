#include "record/field_extractor.h"

#include "record/decode.h"
#include "record/name_table.h"
#include "record/record_fields.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

constexpr NameTable kFieldTable(names_of(kRecordFields));

// Names of the outermost object that are about an SDK's payload: kRawNames, then kParameters.
constexpr std::size_t kFirstParameter = std::size(kRawNames);
constexpr NameTable kPayloadTable([] {
  std::array<std::string_view, kFirstParameter + kParameterCount> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = i < kFirstParameter ? kRawNames[i].name : kParameters[i - kFirstParameter].name;
  }
  return names;
}());

// `value`, or the other one where it is missing or null.
void fall_back(std::string_view& value, std::string_view other) {
  if (value.empty() || (value == "null" && !other.empty())) {
    value = other;
  }
}

}  // namespace

void FieldExtractor::known_name(std::string_view token, bool escaped) {
  char plain[kMaxName];
  // Of a long name with escapes name_in() gives the beginning only, which is no name that anybody looks for either.
  const std::string_view key = escaped ? name_in(token, plain) : token.substr(1, token.size() - 2);
  next_ = {};
  if (node_ == RecordNode::kRoot) {
    next_ = root_member(key);
  } else if (node_ == RecordNode::kParams) {
    next_.slot = key == "customer_identifier" ? &params_customer_ : nullptr;
  } else {
    next_ = payload_reader_.member(node_, key);
  }
}

NextValue FieldExtractor::root_member(std::string_view key) {
  const std::size_t found = kFieldTable.find(key);
  if (found == kFieldTable.kNone) {
    const std::optional<NextValue> of_payload = payload_member(key);
    return of_payload ? *of_payload : usage_member(key);
  }
  const RecordField& field = kRecordFields[found];
  if (field.inside == RecordNode::kParams) {
    params_customer_ = {};  // of customer_params given twice the last one counts
    return {.inside = field.inside};
  }
  return {.slot = field.view != nullptr ? &(fields_.*field.view) : &provider_id_, .inside = field.inside};
}

NextValue FieldExtractor::usage_member(std::string_view key) {
  const UsageName* const line = find_noted_name(UsageNode::kRecord, key);
  if (line == nullptr) {
    return {};
  }
  if (fields_.usage_fields == nullptr) {
    fields_.usage_fields = &usage_fields_;
    usage_fields_.clear();
  }
  return {.slot = usage_fields_.note(line)};
}

std::optional<NextValue> FieldExtractor::payload_member(std::string_view key) {
  const std::size_t found = kPayloadTable.find(key);
  if (found == kPayloadTable.kNone) {
    return std::nullopt;
  }
  if (found >= kFirstParameter) {
    fields_.has_parameters |= std::uint32_t{1} << (found - kFirstParameter);
    return NextValue{};
  }
  // The payload that an earlier record left is forgotten only where there is a new one: most records have none.
  const auto begin = [this] {
    if (fields_.raw == nullptr) {
      fields_.raw = &payload_;
      payload_reader_.forget();
    }
  };
  const RawField field = kRawNames[found].field;
  switch (field) {
    case RawField::kPrompt:
      fields_.has_prompt = true;
      return NextValue{};
    case RawField::kCompletion:
      fields_.has_completion = true;
      return NextValue{};
    case RawField::kToolCalls:
      fields_.has_tool_calls = true;
      return NextValue{};
    case RawField::kTools:
      fields_.has_tools = true;
      return NextValue{};
    case RawField::kRequest:
    case RawField::kFullRequest:
      begin();
      return payload_reader_.request(field == RawField::kFullRequest);
    case RawField::kResponse:
    case RawField::kFullResponse:
      begin();
      return payload_reader_.response(field == RawField::kFullResponse);
  }
  return NextValue{};
}

void FieldExtractor::finish() {
  fall_back(fields_.customer_identifier, params_customer_);
  fall_back(fields_.provider, provider_id_);
}

}  // namespace respand::record
