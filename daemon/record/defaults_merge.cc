#include "record/defaults_merge.h"

#include <algorithm>

#include "record/field_views.h"

namespace respand::record {
namespace {

// Those that the record lacks. A name that the record has keeps the record's value, null or not.
void add_usage(const UsageFields& defaults, UsageFields& usage_fields) {
  const std::size_t own = usage_fields.count;
  for (std::size_t i = 0; i < defaults.count; ++i) {
    const UsageFields::Field& field = defaults.fields[i];
    const auto end = usage_fields.fields.begin() + static_cast<std::ptrdiff_t>(own);
    if (std::none_of(usage_fields.fields.begin(), end, [&](const auto& mine) { return mine.line == field.line; })) {
      if (std::string_view* const slot = usage_fields.note(field.line)) {
        *slot = field.value;
      }
    }
  }
}

}  // namespace

void DefaultsMerge::reconfigure(const Defaults* defaults) {
  defaults_ = defaults;
  present_.assign(defaults != nullptr ? defaults->members().size() : 0, {});
  next_ = in_ = kNone;
}

void DefaultsMerge::begin() {
  next_ = in_ = kNone;
  std::fill(present_.begin(), present_.end(), Present{});
}

bool DefaultsMerge::outer_name(std::string_view name) {
  next_ = find_member(defaults_->members(), name).value_or(kNone);
  return next_ != kNone;
}

void DefaultsMerge::scalar() {
  if (next_ != kNone) {
    present_[next_] = {.kind = Present::Kind::kOther};
  }
}

void DefaultsMerge::open(bool is_object, bool is_masked) {
  if (next_ != kNone) {
    const bool merges = is_object && !is_masked && defaults_->members()[next_].is_object;
    present_[next_] = {.kind = merges ? Present::Kind::kObject : Present::Kind::kOther};
    in_ = merges ? next_ : kNone;
  }
}

void DefaultsMerge::inner_name(std::string_view name) {
  if (const auto member = find_member(defaults_->members()[in_].members, name)) {
    present_[in_].members |= Defaults::Set{1} << *member;
  }
}

void DefaultsMerge::close(std::size_t offset, bool is_empty) {
  if (in_ != kNone) {
    present_[in_].close = offset;
    present_[in_].is_empty = is_empty;
    in_ = kNone;
  }
}

void DefaultsMerge::insert_missing(const RecordFields& record_fields, EditList& edits) const {
  if (defaults_ == nullptr) {
    return;
  }
  const std::vector<Defaults::Member>& members = defaults_->members();
  bool first = record_fields.empty;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Present& present = present_[i];
    switch (present.kind) {
      case Present::Kind::kMissing:
        edits.insert(record_fields.close, first, members[i].text);
        first = false;
        break;
      case Present::Kind::kObject: {
        bool first_inside = present.is_empty;
        for (std::size_t k = 0; k < members[i].members.size(); ++k) {
          if ((present.members >> k & 1) == 0) {
            edits.insert(present.close, first_inside, members[i].members[k].text);
            first_inside = false;
          }
        }
        break;
      }
      case Present::Kind::kOther:
        break;
    }
  }
}

void DefaultsMerge::complete(RecordFields& record_fields, UsageFields& usage_fields) const {
  if (defaults_ == nullptr) {
    return;
  }
  const RecordFields& defaults = defaults_->fields();
  for_each_view(record_fields, defaults, [](std::string_view& value, std::string_view otherwise) {
    if (value.empty()) {
      value = otherwise;
    }
  });
  if (defaults.usage_fields != nullptr) {
    if (record_fields.usage_fields == nullptr) {
      usage_fields.clear();
      record_fields.usage_fields = &usage_fields;
    }
    add_usage(*defaults.usage_fields, usage_fields);
  }
  record_fields.has_prompt = record_fields.has_prompt || defaults.has_prompt;
  record_fields.has_completion = record_fields.has_completion || defaults.has_completion;
  record_fields.has_tool_calls = record_fields.has_tool_calls || defaults.has_tool_calls;
  record_fields.has_tools = record_fields.has_tools || defaults.has_tools;
  record_fields.has_parameters |= defaults.has_parameters;
}

}  // namespace respand::record
