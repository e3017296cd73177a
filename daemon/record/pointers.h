#pragma once
// The JSON pointers of records.redact, compiled, and the sets of them that a value's path has fulfilled so far. A set
// is a bit for each pointer, so that following all of them costs the same as following one. Private to the module;
// pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/record/rules.h"

namespace respand::record {

class Pointers {
 public:
  using Set = std::uint64_t;  // bit i: the i-th pointer
  static_assert(kMostPointers <= 64);

  explicit Pointers(const std::vector<std::string>& pointers);

  [[nodiscard]] Set all() const { return all_; }
  // Steps of the longest one.
  [[nodiscard]] std::size_t deepest() const { return ends_.size() - 1; }
  // Of `active`, whose first `steps` steps led to the object, those whose next one leads to the member `name`.
  [[nodiscard]] Set member(Set active, std::size_t steps, std::string_view name) const;
  // The same for an array's element.
  [[nodiscard]] Set element(Set active, std::size_t steps, std::uint64_t index) const;
  // Those that have exactly so many steps.
  [[nodiscard]] Set ends(std::size_t steps) const { return ends_[steps]; }
  // Bit n: a member of the outermost object whose name has n bytes (modulo 64) may be meant.
  [[nodiscard]] std::uint64_t outer_lengths() const { return outer_lengths_; }

 private:
  struct Step {
    std::string name;         // with ~0 and ~1 resolved
    bool any = false;         // *
    bool is_index = false;    // 0, 1, 12, but not 01
    std::uint64_t index = 0;  // where it is one
  };
  static Step compiled(std::string_view step);
  template <typename Fits>
  [[nodiscard]] Set next(Set active, std::size_t steps, const Fits& fits) const;

  std::vector<std::vector<Step>> pointers_;
  std::vector<Set> ends_;  // by number of steps
  Set all_ = 0;
  std::uint64_t outer_lengths_ = 0;
};

}  // namespace respand::record
