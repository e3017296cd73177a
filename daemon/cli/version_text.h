#pragma once
// What `respand version` prints, for a flare too. Pure, but that it starts libcurl.

#include <string>

namespace respand::cli {

[[nodiscard]] std::string version_text();

}  // namespace respand::cli
