#pragma once
// Runs another program and takes its output, for commands that examine the host. Main thread.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace respand::cli {

// The output of a command, found by PATH: the end of it, at least `most` bytes if there are more. None where the
// command can't be run or does not end within a few seconds; then it is killed.
[[nodiscard]] std::optional<std::string> output_of(const std::vector<std::string>& command, std::size_t most);

}  // namespace respand::cli
