#pragma once
// The text that `respand version` prints and that a flare holds. Pure, except that it starts libcurl.

#include <string>

namespace respand::cli {

[[nodiscard]] std::string version_text();

}  // namespace respand::cli
