#pragma once
// Which keys a running daemon can take over without a restart. Used by reload.cc and print.cc; pure.

#include <string_view>

namespace respand::config {

// Whether a change of this key counts at a reload.
[[nodiscard]] bool reloads(std::string_view path);

}  // namespace respand::config
