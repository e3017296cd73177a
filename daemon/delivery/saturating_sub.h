#pragma once
// Subtraction that ends at 0: slots and steps are counted down to 0, never below. Pure.

#include <cstdint>

namespace respand::delivery {

// a - b, 0 where b is more.
[[nodiscard]] constexpr std::uint32_t saturating_sub(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : 0; }

}  // namespace respand::delivery
