#pragma once
// Completion for shells, made from the table of commands and options: every command, option and value. Pure.

#include <string>

namespace CLI {
class App;
}

namespace respand::cli {

[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace respand::cli
