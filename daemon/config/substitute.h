#pragma once
// ${NAME} and ${NAME:-default} in the text of a scalar. It works on values that YAML has already told apart, so that
// nothing in the environment can become a key, a list or a second value. Used by the reader; main thread.

#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::config {

// A replaced value larger than this is no configuration; it also bounds what one value can cost in memory.
inline constexpr std::size_t kMaxValue = std::size_t{64} * 1024;

struct Substituted {
  std::string text;
  bool replaced = false;  // something of it comes from the environment: not to be shown
};

// As in a shell, the default also counts where NAME is set but empty. "$${" stands for "${"; any other '$' for itself.
// The error says which name is not set, or how the form is wrong; it never shows a value.
[[nodiscard]] Result<Substituted> substitute(std::string_view text, const Environment& environment);

// The text for which substitute() gives `text`.
[[nodiscard]] std::string escape_dollars(std::string_view text);

}  // namespace respand::config
