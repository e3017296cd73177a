#include "record/edit_list.h"

#include <algorithm>

#include "respand/record/rules.h"

namespace respand::record {
namespace {

// Memory that is kept for the next record: enough for usual ones, not what a large one needed.
constexpr std::size_t kKeptEdits = 1024;

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

void EditList::begin(std::string_view record) {
  record_ = record;
  if (edits_.capacity() > kKeptEdits) {
    std::vector<Edit>().swap(edits_);
    std::vector<Edit>().swap(merged_);
  }
  edits_.clear();
  mask_growth_ = 0;
  too_many_ = false;
}

// The mask keeps the value's type: whoever reads the record must find a string where one was.
void EditList::mask_value(std::size_t offset, std::size_t length, RuleIndex rule) {
  const char first = record_[offset];
  if (first == 'n') {
    return;
  }
  const Mask& masks = mask_of(first);
  std::string_view mask = masks.usual;
  if (mask.size() > length) {
    if (mask_growth_ + mask.size() - length > kMaxMaskGrowth) {
      mask = masks.shortest;
    } else {
      mask_growth_ += mask.size() - length;
    }
  }
  add(offset, length, mask, rule);
}

void EditList::mask_text(std::size_t offset, std::size_t length, std::string_view mask, RuleIndex rule) {
  if (mask.size() > length) {
    mask_growth_ += mask.size() - length;
    mask = mask_growth_ > kMaxMaskGrowth ? std::string_view{} : mask;
  }
  add(offset, length, mask, rule);
}

void EditList::add(std::size_t offset, std::size_t length, std::string_view replacement, RuleIndex rule) {
  if (edits_.size() == kMostEdits) {
    too_many_ = true;
    return;
  }
  edits_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length), replacement, rule});
}

// Behind those that are there already: several insertions at one place stay in the order in which they came.
void EditList::insert(std::size_t offset, bool is_first, std::string_view member) {
  const auto place = std::upper_bound(edits_.begin(), edits_.end(), offset,
                                      [](std::size_t at, const Edit& edit) { return at < edit.offset; });
  edits_.insert(place, {static_cast<std::uint32_t>(offset), 0, is_first ? member.substr(1) : member, kNoRule});
}

// Both parts are sorted now, so one pass merges them. At one offset the longer edit comes first, which makes it the
// outer one: what begins before the end of an edit that was kept lies in it.
void EditList::sort_added(std::size_t sorted) {
  const auto before = [](const Edit& a, const Edit& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.length > b.length;
  };
  const auto middle = edits_.begin() + static_cast<std::ptrdiff_t>(sorted);
  std::sort(middle, edits_.end(), before);
  merged_.clear();
  std::size_t free = 0;  // no edit kept so far goes beyond it
  const auto keep = [&](const Edit& edit) {
    if (edit.offset >= free) {
      merged_.push_back(edit);
      free = std::size_t{edit.offset} + edit.length;
    }
  };
  auto added = middle;
  for (auto edit = edits_.begin(); edit != middle; ++edit) {
    for (; added != edits_.end() && before(*added, *edit); ++added) {
      keep(*added);
    }
    keep(*edit);
  }
  std::for_each(added, edits_.end(), keep);
  edits_.swap(merged_);
}

std::size_t EditList::growth() const {
  std::size_t growth = 0;
  for (const Edit& edit : edits_) {
    growth += edit.replacement.size() > edit.length ? edit.replacement.size() - edit.length : 0;
  }
  return growth;
}

void EditList::correct(std::string_view& value) const {
  if (!in_record(value)) {
    return;
  }
  const auto offset = static_cast<std::size_t>(value.data() - record_.data());
  if (const Edit* edit = edit_over(edits_, offset)) {
    value = edit->offset == offset ? edit->replacement : std::string_view{};
  }
}

}  // namespace respand::record
