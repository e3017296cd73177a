#pragma once
// Subtraction that stops at 0, for counts of slots and steps that never go below it. Pure.

#include <cstdint>

namespace respand::delivery {

// a - b, 0 where b is more.
[[nodiscard]] constexpr std::uint32_t saturating_sub(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : 0; }

}  // namespace respand::delivery
