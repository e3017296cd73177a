#pragma once
// records.defaults, compiled: fields for records that lack them. Objects are merged one level deep: a record that has
// the object gets those of its members that it lacks. Private to the module; immutable.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/usage_fields.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {

class Defaults {
 public:
  using Set = std::uint64_t;  // bit i: the i-th member
  static_assert(kMostDefaults <= 64);

  struct Member {
    std::string name;               // decoded
    std::string text;               // `,"name":value`, as it is inserted
    std::vector<Member> members{};  // of a value that is an object
    bool is_object = false;
  };

  // Requires: one JSON object, as Rules has it.
  explicit Defaults(std::string_view json);

  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  // What the defaults themselves would be as a record: a record that lacks a field has the default's.
  [[nodiscard]] const RecordFields& fields() const { return fields_; }
  [[nodiscard]] std::string_view json() const { return json_; }
  // Bytes that all of them add.
  [[nodiscard]] std::size_t size() const { return json_.size() + 1; }
  [[nodiscard]] std::uint64_t lengths() const { return lengths_; }
  Defaults(const Defaults&) = delete;
  Defaults& operator=(const Defaults&) = delete;
  ~Defaults() = default;

 private:
  std::string json_;
  std::vector<Member> members_;
  UsageFields usage_fields_;  // of fields_
  RecordFields fields_;       // views of json_
  std::uint64_t lengths_ = 0;
};

// The member of that name; its number in the list.
[[nodiscard]] std::optional<std::size_t> find_member(const std::vector<Defaults::Member>& members,
                                                     std::string_view name);

}  // namespace respand::record
