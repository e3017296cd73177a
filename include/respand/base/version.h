#pragma once
// The version of this build. A constant.

#include <string_view>

namespace respand {
inline constexpr std::string_view kVersion = RESPAND_VERSION;  // defined by the build from project(VERSION)
}  // namespace respand
