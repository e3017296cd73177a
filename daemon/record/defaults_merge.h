#pragma once
// DefaultsMerge: finds which members of records.defaults a record has already, and adds the others. A member that is an
// object on both sides is merged one level deep; any other value of the record's own stays as it is. Private to
// Redactor; one thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "record/defaults.h"
#include "record/edit_list.h"
#include "record/usage_fields.h"
#include "respand/record/record_parser.h"

namespace respand::record {

class DefaultsMerge {
 public:
  // `defaults` is borrowed; null: there are none.
  void reconfigure(const Defaults* defaults);
  // A record begins.
  void begin();

  // The name (decoded) of a member of the outermost object. Whether the defaults have it: its value must be told.
  bool outer_name(std::string_view name);
  // The value of that member, which is no object or array.
  void scalar();
  // The value of that member, an object or array. `is_masked`: as a whole, so that nothing can be merged into it.
  void open(bool is_object, bool is_masked);
  // Between open() and close() of an object that is merged: its members' names (decoded) must be told.
  [[nodiscard]] bool in_object() const { return in_ != kNone; }
  void inner_name(std::string_view name);
  // A value of the outermost object ends with the bracket at this offset, whether open() was told of it or not.
  void close(std::size_t offset, bool is_empty);

  // Adds to `edits` what the record lacks. Requires: the record is sound, and `record_fields` of it.
  void insert_missing(const RecordFields& record_fields, EditList& edits) const;
  // What the defaults give counts as the record's own: for fields that the record has not.
  void complete(RecordFields& record_fields, UsageFields& usage_fields) const;

 private:
  // What the record has of a member of the defaults.
  struct Present {
    enum class Kind : std::uint8_t { kMissing, kObject, kOther };
    Kind kind = Kind::kMissing;
    bool is_empty = false;
    std::size_t close = 0;      // of an object
    Defaults::Set members = 0;  // of an object: those that it has
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  const Defaults* defaults_ = nullptr;
  std::vector<Present> present_;  // by member of the defaults
  std::size_t next_ = kNone;      // the next value of the outermost object is this member
  std::size_t in_ = kNone;        // the object of this member is open
};

}  // namespace respand::record
