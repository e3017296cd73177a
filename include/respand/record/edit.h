#pragma once
// Edits: what respand changes in a record's bytes while it copies them, and the only way in which it changes anything
// that the application wrote. Code that copies a record, or a part of one, to where it may reach a disk must apply the
// record's edits, or what was to be masked comes out. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace respand::record {

// Which rule asked for an edit, by its place in Rules::names(); kNoRule: none did, as for a default that is filled in.
using RuleIndex = std::uint8_t;
inline constexpr RuleIndex kNoRule = 0xFF;

// The replacement of some bytes of a record.
struct Edit {
  // The bytes that are replaced; none where the edit inserts something.
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::string_view replacement;  // text of a Rules, which outlives the edit
  RuleIndex rule = kNoRule;      // for counting
};

// The edits of a record, in the order of their offsets. They do not overlap; several insertions may share a place.
using Edits = std::span<const Edit>;

// Copies record[begin, end) to `out`, applies the edits that lie within, and returns the end of what was written.
// Insertions at `begin` and at `end` lie within. Requires: no edit lies across `begin` or `end`; `out` has room for the
// bytes and what the edits add.
char* put_edited(std::string_view record, std::size_t begin, std::size_t end, Edits edits, char* out) noexcept;

// The edit that replaces the byte at `offset`; null where the byte stays.
[[nodiscard]] const Edit* edit_over(Edits edits, std::size_t offset) noexcept;

}  // namespace respand::record
