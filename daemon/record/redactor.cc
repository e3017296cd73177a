#include "record/redactor.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "record/decode.h"
#include "record/field_views.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

// Memory that is kept for the next record: of usual ones, not of the large one that came by.
constexpr std::size_t kKeptEdits = 1024;
constexpr std::size_t kKeptText = std::size_t{256} * 1024;
// The longest name that a rule can mean, written with \u escapes throughout.
constexpr std::size_t kLongestName = std::size_t{256} * 6;

struct Mask {
  std::string_view usual;
  std::string_view shortest;
};
constexpr Mask kText{R"("[redacted]")", R"("")"};
constexpr Mask kBoolean{"false", "null"};
constexpr Mask kObject{"{}", "{}"};
constexpr Mask kArray{"[]", "[]"};
constexpr Mask kNumber{"0", "0"};

// By a value's first byte; null needs none.
const Mask& mask_of(char first) {
  switch (first) {
    case '"':
      return kText;
    case 't':
    case 'f':
      return kBoolean;
    case '{':
      return kObject;
    case '[':
      return kArray;
    default:
      return kNumber;
  }
}

}  // namespace

void Redactor::reconfigure(const Rules::Compiled* rules) {
  rules_ = rules != nullptr && rules->lengths != 0 ? rules : nullptr;
  levels_.assign(rules_ != nullptr ? rules_->pointers.deepest() + 1 : 0, {});
  present_.assign(rules_ != nullptr ? rules_->defaults.members().size() : 0, {});
}

void Redactor::begin(std::string_view record) {
  record_ = record;
  if (edits_.capacity() > kKeptEdits) {
    std::vector<Edit>().swap(edits_);
    std::vector<Edit>().swap(merged_);
  }
  edits_.clear();
  too_many_ = false;
  growth_ = 0;
  watched_ = 0;
  armed_ = rules_ != nullptr;
  matched_ = 0;
  masking_ = in_text_ = text_next_ = false;
  default_next_ = in_default_ = kNone;
  std::fill(present_.begin(), present_.end(), Present{});
}

void Redactor::look_up(std::uint32_t depth, std::string_view written, bool escaped) {
  const Set active = depth < levels_.size() ? levels_[depth].active : 0;
  const bool in_default = depth == 2 && in_default_ != kNone;
  std::string_view name = written;
  if (escaped && written.size() <= kLongestName && (depth == 1 || active != 0 || in_default)) {
    plain_.clear();
    json::unescape(written, plain_);
    name = plain_;
  }
  matched_ = active != 0 ? rules_->pointers.member(active, depth - 1, name) : 0;
  if (depth == 1) {
    text_next_ = rules_->detectors != 0 && is_text_field(name);
    const auto member = find_member(rules_->defaults.members(), name);
    default_next_ = member.value_or(kNone);
  } else if (in_default) {
    if (const auto member = find_member(rules_->defaults.members()[in_default_].members, name)) {
      present_[in_default_].members |= Defaults::Set{1} << *member;
    }
  }
  armed_ = matched_ != 0 || in_text_ || (depth == 1 && (text_next_ || default_next_ != kNone));
}

// The pointers that the value fulfils which is told now.
Redactor::Set Redactor::take_matched(std::uint32_t depth) {
  if (depth >= levels_.size()) {
    return 0;
  }
  if (Level& level = levels_[depth]; level.is_array) {
    return level.active != 0 ? rules_->pointers.element(level.active, depth - 1, level.index++) : 0;
  }
  return std::exchange(matched_, 0);
}

void Redactor::scalar(std::uint32_t depth, std::string_view written, bool escaped) {
  const auto offset = static_cast<std::size_t>(written.data() - record_.data());
  if (depth == 1 && default_next_ != kNone) {
    present_[default_next_] = {.kind = Present::Kind::kOther};
  }
  const Set matched = take_matched(depth);
  const bool is_text = in_text_ || (depth == 1 && text_next_);
  if (const Set ends = depth < levels_.size() ? matched & rules_->pointers.ends(depth) : 0; ends != 0) {
    return mask(offset, written.size(), ends);
  }
  if (is_text && written.front() == '"') {
    mask_text(offset + 1, written.substr(1, written.size() - 2), escaped);
  }
}

void Redactor::open(std::uint32_t depth, std::size_t offset, bool is_object) {
  if (depth == 0) {
    if (levels_.size() > 1) {
      levels_[1] = {.active = rules_->pointers.all()};
    }
    watched_ = 1;
    return;
  }
  const Set matched = take_matched(depth);
  const Set ends = depth < levels_.size() ? matched & rules_->pointers.ends(depth) : 0;
  if (depth == 1 && default_next_ != kNone) {
    const bool merges = is_object && ends == 0 && rules_->defaults.members()[default_next_].is_object;
    present_[default_next_] = {.kind = merges ? Present::Kind::kObject : Present::Kind::kOther};
    in_default_ = merges ? default_next_ : kNone;
  }
  if (ends != 0) {
    masking_ = true;
    masked_from_ = offset;
    masked_by_ = ends;
    return;  // nothing in it is told: watched_ stays
  }
  in_text_ = in_text_ || (depth == 1 && text_next_);
  if (depth + 1 < levels_.size()) {
    levels_[depth + 1] = {.active = matched, .is_array = !is_object};
  }
  const bool in_default = depth == 1 && in_default_ != kNone;
  watched_ = matched != 0 || in_text_ || in_default ? depth + 1 : depth;
  armed_ = !is_object;  // an object's names arm it
}

void Redactor::close(std::uint32_t depth, std::size_t offset, bool is_empty) {
  if (masking_) {
    masking_ = false;
    mask(masked_from_, offset + 1 - masked_from_, masked_by_);
  }
  if (depth == 1) {
    in_text_ = false;
    if (in_default_ != kNone) {
      present_[in_default_].close = offset;
      present_[in_default_].is_empty = is_empty;
      in_default_ = kNone;
    }
  }
  watched_ = depth;
  armed_ = in_text_ || (depth < levels_.size() && levels_[depth].is_array);
}

// The mask keeps the value's type. One that would make the record longer than it may become gives way to the short one.
void Redactor::mask(std::size_t offset, std::size_t length, Set matched) {
  const char first = record_[offset];
  if (first == 'n') {
    return;
  }
  const Mask& masks = mask_of(first);
  std::string_view mask = masks.usual;
  if (mask.size() > length) {
    if (growth_ + mask.size() - length > kMaxMaskGrowth) {
      mask = masks.shortest;
    } else {
      growth_ += mask.size() - length;
    }
  }
  add(offset, length, mask, static_cast<RuleIndex>(std::countr_zero(matched)));
}

// Detectors see the text as it is meant; the edits are to the text as it is written.
void Redactor::mask_text(std::size_t offset, std::string_view inside, bool escaped) {
  std::string_view text = inside;
  if (escaped) {
    if (decoded_.capacity() > kKeptText) {
      std::string().swap(decoded_);
    }
    decoded_.clear();
    json::unescape(inside, decoded_);
    text = decoded_;
  }
  Matches matches(rules_->detectors, text);
  json::WrittenPlaces places(inside);
  for (Match match; matches.next(match);) {
    const std::size_t begin = escaped ? places.of(match.begin) : match.begin;
    const std::size_t end = escaped ? places.of(match.end) : match.end;
    std::string_view mask = mask_of(match.detector);
    if (mask.size() > end - begin) {
      growth_ += mask.size() - (end - begin);
      mask = growth_ > kMaxMaskGrowth ? std::string_view{} : mask;
    }
    const auto detector = static_cast<std::size_t>(match.detector);
    add(offset + begin, end - begin, mask, static_cast<RuleIndex>(rules_->names.size() - kDetectors.size() + detector));
  }
}

void Redactor::add(std::size_t offset, std::size_t length, std::string_view replacement, RuleIndex rule) {
  if (edits_.size() == kMostEdits) {
    too_many_ = true;
    return;
  }
  edits_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length), replacement, rule});
}

// The defaults' members have their comma in front, which the first one must not have.
void Redactor::insert(std::size_t offset, bool first, std::string_view member) {
  const auto place = std::upper_bound(edits_.begin(), edits_.end(), offset,
                                      [](std::size_t at, const Edit& edit) { return at < edit.offset; });
  edits_.insert(place, {static_cast<std::uint32_t>(offset), 0, first ? member.substr(1) : member, kNoRule});
}

void Redactor::merge_defaults(const RecordFields& fields) {
  const std::vector<Defaults::Member>& members = rules_->defaults.members();
  bool first = fields.empty;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Present& present = present_[i];
    switch (present.kind) {
      case Present::Kind::kMissing:
        insert(fields.close, first, members[i].text);
        first = false;
        break;
      case Present::Kind::kObject: {
        bool first_inside = present.is_empty;
        for (std::size_t k = 0; k < members[i].members.size(); ++k) {
          if ((present.members >> k & 1) == 0) {
            insert(present.close, first_inside, members[i].members[k].text);
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

// What was masked is not looked at any further.
void Redactor::correct(std::string_view& value) const {
  if (!in_record(value)) {
    return;  // a mask, or nothing
  }
  const auto offset = static_cast<std::size_t>(value.data() - record_.data());
  if (const Edit* edit = edit_over(edits_, offset)) {
    value = edit->offset == offset ? edit->replacement : std::string_view{};
  }
}

// Those that the record lacks.
void Redactor::add_defaults(const UsageFields& defaults, UsageFields& usage_fields) {
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

// What a default gives counts as the record's own.
void Redactor::correct(RecordFields& fields, UsageFields& usage_fields) const {
  const RecordFields& defaults = rules_->defaults.fields();
  for_each_view(fields, defaults, [&](std::string_view& value, std::string_view otherwise) {
    if (value.empty()) {
      value = otherwise;
    } else {
      correct(value);
    }
  });
  if (fields.usage_fields != nullptr) {
    for (std::size_t i = 0; i < usage_fields.count; ++i) {
      correct(usage_fields.fields[i].value);
    }
  }
  if (defaults.usage_fields != nullptr) {
    if (fields.usage_fields == nullptr) {
      usage_fields.clear();
      fields.usage_fields = &usage_fields;
    }
    add_defaults(*defaults.usage_fields, usage_fields);
  }
  fields.has_prompt = fields.has_prompt || defaults.has_prompt;
  fields.has_completion = fields.has_completion || defaults.has_completion;
  fields.has_tool_calls = fields.has_tool_calls || defaults.has_tool_calls;
  fields.has_tools = fields.has_tools || defaults.has_tools;
  fields.has_parameters |= defaults.has_parameters;
}

bool Redactor::finish(RecordFields& fields, SdkPayload& raw, UsageFields& usage_fields) {
  if (rules_ == nullptr) {
    return true;
  }
  if (!too_many_ && !present_.empty()) {
    merge_defaults(fields);
  }
  if (!edits_.empty()) {
    correct(fields, usage_fields);
  }
  if (fields.raw != nullptr) {
    if (rules_->masks_extracted && !too_many_) {
      mask_extracted(fields, raw);
    }
    if (!edits_.empty()) {
      for_each_raw_view(raw, [this](std::string_view& value) { correct(value); });
    }
  }
  fields.edits = edits_;
  for (const Edit& edit : edits_) {
    fields.growth += edit.replacement.size() > edit.length ? edit.replacement.size() - edit.length : 0;
  }
  return !too_many_;
}

}  // namespace respand::record
