#pragma once
// EditList: the edits to one record while they are being collected. They are kept in the order of their offsets and do
// not overlap, there are at most kMostEdits of them, and what masks add to the record stays below kMaxMaskGrowth: a
// mask that would add more gives way to a shorter one. It knows places and bytes, and no rules. Private to Redactor;
// one thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "respand/record/edit.h"

namespace respand::record {

class EditList {
 public:
  // A record begins, of which nothing is edited yet. `record` is borrowed until the next begin().
  void begin(std::string_view record);

  // The value at `offset` gives way to a mask of its type; null needs none. Requires: it lies behind all edits so far,
  // or sort_added() follows.
  void mask_value(std::size_t offset, std::size_t length, RuleIndex rule);
  // A part of a string gives way to `mask`, or to nothing where the record has grown too much. Requires: as above.
  void mask_text(std::size_t offset, std::size_t length, std::string_view mask, RuleIndex rule);
  // Puts in `member`, a member of an object with its comma in front, which the first one of an object must not have.
  // Anywhere.
  void insert(std::size_t offset, bool is_first, std::string_view member);
  // The edits behind the first `sorted` go where they belong. Of two that lie one in the other, the outer one stays.
  void sort_added(std::size_t sorted);

  [[nodiscard]] Edits edits() const { return edits_; }
  [[nodiscard]] std::size_t size() const { return edits_.size(); }
  [[nodiscard]] bool empty() const { return edits_.empty(); }
  // There were more masks than kMostEdits: the list is not complete.
  [[nodiscard]] bool too_many() const { return too_many_; }
  // The most bytes that the edits add.
  [[nodiscard]] std::size_t growth() const;

  [[nodiscard]] std::string_view record() const { return record_; }
  // Whether a view is of the record, and not of a mask, a default or nothing.
  [[nodiscard]] bool in_record(std::string_view value) const {
    return value.data() >= record_.data() && value.data() < record_.data() + record_.size();
  }
  // Makes a view of the record one of what will stand in its place: the mask where the value is masked, nothing where
  // what is around it is.
  void correct(std::string_view& value) const;

 private:
  void add(std::size_t offset, std::size_t length, std::string_view replacement, RuleIndex rule);

  std::string_view record_;
  std::vector<Edit> edits_;
  std::vector<Edit> merged_;  // scratch of sort_added()
  std::size_t mask_growth_ = 0;
  bool too_many_ = false;
};

}  // namespace respand::record
