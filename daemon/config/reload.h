#pragma once
// Which keys a running daemon can follow. Used by reload.cc and print.cc; pure.

#include <string_view>

namespace respand::config {

[[nodiscard]] bool reloads(std::string_view path);

}  // namespace respand::config
