#pragma once
// Writing into memory that is known to be large enough. Pure; any thread.

#include <cstring>
#include <string_view>

namespace respand::record {

// Copies `text` to `out`; returns where the copy ends. Requires: there is room for it.
inline char* put(char* out, std::string_view text) noexcept {
  if (!text.empty()) {
    std::memcpy(out, text.data(), text.size());
  }
  return out + text.size();
}

}  // namespace respand::record
