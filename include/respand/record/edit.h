#pragma once
// Edits: what respand changes in a record's bytes while it copies them, and the only way in which it changes anything
// that the application wrote. Whoever copies bytes of a record to where they may reach a disk, a whole record or a part
// of it, copies them through the record's edits, or what was to be masked comes out. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace respand::record {

// Which rule asked for an edit: a pointer by its place in records.redact, a detector behind them, or none of both.
using RuleIndex = std::uint8_t;
inline constexpr RuleIndex kNoRule = 0xFF;

// Replaces `length` bytes at `offset`. Insertions have the length 0.
struct Edit {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::string_view replacement;  // of a Rules, which outlives the edit
  RuleIndex rule = kNoRule;
};

// Edits of a record in the order of their offsets; they do not overlap. Several insertions may share a place.
using Edits = std::span<const Edit>;

// Copies record[begin, end) to `out` with the edits applied that lie within, and returns the end of what was written.
// Insertions at `end` belong to it, those at `begin` as well. Requires: no edit lies across `begin` or `end`; room for
// the bytes and what the edits add.
char* put_edited(std::string_view record, std::size_t begin, std::size_t end, Edits edits, char* out) noexcept;

// The edit that takes the byte at `offset` away; null where the byte stays.
[[nodiscard]] const Edit* edit_over(Edits edits, std::size_t offset) noexcept;

}  // namespace respand::record
