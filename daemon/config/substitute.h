#pragma once
// ${NAME} and ${NAME:-default} in the text of a scalar. It works on values that YAML has already told apart, so that
// nothing in the environment can become a key, a list or a second value. Used by the reader; main thread.

#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::config {

// The most bytes of a value after replacement: a larger one is no configuration, and the limit bounds the memory for
// one value.
inline constexpr std::size_t kMaxValue = std::size_t{64} * 1024;

struct Substituted {
  std::string text;
  bool replaced = false;  // a part of it comes from the environment, and must not be shown
};

// As in a shell, the default also counts where NAME is set but empty. "$${" stands for "${"; any other '$' for itself.
// The error says which name is not set, or how the form is wrong; it never shows a value.
[[nodiscard]] Result<Substituted> substitute(std::string_view text, const Environment& environment);

// The text for which substitute() gives `text`.
[[nodiscard]] std::string escape_dollars(std::string_view text);

}  // namespace respand::config
