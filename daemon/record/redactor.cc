#include "record/redactor.h"

#include <utility>

#include "record/field_views.h"
#include "respand/json/text.h"

namespace respand::record {
namespace {

// Memory that is kept for the next record: enough for usual ones, not what a large one needed.
constexpr std::size_t kKeptText = std::size_t{256} * 1024;
// The longest name that a rule can mean, written with \u escapes throughout.
constexpr std::size_t kLongestName = std::size_t{256} * 6;

}  // namespace

void Redactor::reconfigure(const Rules::Compiled* rules) {
  rules_ = rules != nullptr && rules->lengths != 0 ? rules : nullptr;
  levels_.assign(rules_ != nullptr ? rules_->pointers.deepest() + 1 : 0, {});
  defaults_.reconfigure(rules_ != nullptr ? &rules_->defaults : nullptr);
}

void Redactor::begin(std::string_view record) {
  edits_.begin(record);
  defaults_.begin();
  watched_ = 0;
  armed_ = rules_ != nullptr;
  matched_ = 0;
  masked_ = {};
  in_text_ = text_next_ = false;
}

// Resolving escapes costs, so a name is resolved only where a rule could mean it.
void Redactor::look_up(std::uint32_t depth, std::string_view written, bool escaped) {
  const Set active = depth < levels_.size() ? levels_[depth].active : 0;
  const bool in_default = depth == 2 && defaults_.in_object();
  std::string_view name = written;
  if (escaped && written.size() <= kLongestName && (depth == 1 || active != 0 || in_default)) {
    plain_.clear();
    json::unescape(written, plain_);
    name = plain_;
  }
  matched_ = active != 0 ? rules_->pointers.member(active, depth - 1, name) : 0;
  bool has_default = false;
  if (depth == 1) {
    text_next_ = rules_->detectors != 0 && is_text_field(name);
    has_default = defaults_.outer_name(name);
  } else if (in_default) {
    defaults_.inner_name(name);
  }
  armed_ = matched_ != 0 || in_text_ || (depth == 1 && (text_next_ || has_default));
}

// The pointers that the value fulfils which is told now: an element by its place, a member by the name before it.
Redactor::Set Redactor::take_matched(std::uint32_t depth) {
  if (depth >= levels_.size()) {
    return 0;
  }
  if (Level& level = levels_[depth]; level.is_array) {
    return level.active != 0 ? rules_->pointers.element(level.active, depth - 1, level.index++) : 0;
  }
  return std::exchange(matched_, 0);
}

// Of them, those that end with this value: it is masked.
Redactor::Set Redactor::ends_at(std::uint32_t depth, Set matched) const {
  return depth < levels_.size() ? matched & rules_->pointers.ends(depth) : 0;
}

void Redactor::scalar(std::uint32_t depth, std::string_view written, bool escaped) {
  const auto offset = static_cast<std::size_t>(written.data() - edits_.record().data());
  if (depth == 1) {
    defaults_.scalar();
  }
  if (const Set ends = ends_at(depth, take_matched(depth)); ends != 0) {
    return edits_.mask_value(offset, written.size(), first_rule(ends));
  }
  const bool is_text = in_text_ || (depth == 1 && text_next_);
  if (is_text && written.front() == '"') {
    detect(offset + 1, written.substr(1, written.size() - 2), escaped);
  }
}

// Decides how deep it has to hear from here on: what no rule can reach is not told at all.
void Redactor::open(std::uint32_t depth, std::size_t offset, bool is_object) {
  if (depth == 0) {
    if (levels_.size() > 1) {
      levels_[1] = {.active = rules_->pointers.all()};
    }
    watched_ = 1;
    return;
  }
  const Set matched = take_matched(depth);
  const Set ends = ends_at(depth, matched);
  if (depth == 1) {
    defaults_.open(is_object, ends != 0);
  }
  if (ends != 0) {
    masked_ = {.is_open = true, .from = offset, .rule = first_rule(ends)};
    return;  // nothing in it is told: watched_ stays
  }
  in_text_ = in_text_ || (depth == 1 && text_next_);
  if (depth + 1 < levels_.size()) {
    levels_[depth + 1] = {.active = matched, .is_array = !is_object};
  }
  const bool in_default = depth == 1 && defaults_.in_object();
  watched_ = matched != 0 || in_text_ || in_default ? depth + 1 : depth;
  armed_ = !is_object;  // an object's names arm it
}

void Redactor::close(std::uint32_t depth, std::size_t offset, bool is_empty) {
  if (masked_.is_open) {
    masked_.is_open = false;
    edits_.mask_value(masked_.from, offset + 1 - masked_.from, masked_.rule);
  }
  if (depth == 1) {
    in_text_ = false;
    defaults_.close(offset, is_empty);
  }
  watched_ = depth;
  armed_ = in_text_ || (depth < levels_.size() && levels_[depth].is_array);
}

// Detectors see the text as it is meant; the edits are to the text as it is written.
void Redactor::detect(std::size_t offset, std::string_view inside, bool escaped) {
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
  const std::size_t first_detector = rules_->names.size() - kDetectors.size();
  for (Match match; matches.next(match);) {
    const std::size_t begin = escaped ? places.of(match.begin) : match.begin;
    const std::size_t end = escaped ? places.of(match.end) : match.end;
    const auto rule = static_cast<RuleIndex>(first_detector + static_cast<std::size_t>(match.detector));
    edits_.mask_text(offset + begin, end - begin, mask_of(match.detector), rule);
  }
}

// Whoever reads the fields must see what the record will say: what was masked is not looked at any further.
void Redactor::correct(RecordFields& fields, UsageFields& usage_fields) const {
  defaults_.complete(fields, usage_fields);
  for (const auto view : kFieldViews) {
    edits_.correct(fields.*view);
  }
  if (fields.usage_fields != nullptr) {
    for (std::size_t i = 0; i < usage_fields.count; ++i) {
      edits_.correct(usage_fields.fields[i].value);
    }
  }
}

bool Redactor::finish(RecordFields& fields, SdkPayload& raw, UsageFields& usage_fields) {
  if (rules_ == nullptr) {
    return true;
  }
  if (!edits_.too_many()) {
    defaults_.insert_missing(fields, edits_);
  }
  if (!edits_.empty()) {
    correct(fields, usage_fields);
  }
  if (fields.raw != nullptr) {
    if (rules_->masks_extracted && !edits_.too_many()) {
      payload_redactor_.redact(*rules_, fields, raw, edits_);
    }
    if (!edits_.empty()) {
      for_each_raw_view(raw, [this](std::string_view& value) { edits_.correct(value); });
    }
  }
  fields.edits = edits_.edits();
  fields.growth += edits_.growth();
  return !edits_.too_many();
}

}  // namespace respand::record
