#pragma once
// When the time of a test begins: any moment that is not the clock's own beginning.

#include <chrono>

#include "respand/base/units.h"

namespace respand::delivery {

inline constexpr MonoTime kStart{std::chrono::seconds{1000}};

}  // namespace respand::delivery
