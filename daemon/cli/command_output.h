#pragma once
// What another program says, for commands that look around. Main thread.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace respand::cli {

// The output of a command, found by PATH: its end, at least `most` bytes where there is more. Nothing where it can't be
// run, or does not end within a few seconds; then it is killed.
[[nodiscard]] std::optional<std::string> output_of(const std::vector<std::string>& command, std::size_t most);

}  // namespace respand::cli
