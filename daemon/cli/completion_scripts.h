#pragma once
// Shell completion of every command, option and value, made from CLI11's tree of commands. Pure.

#include <string>

namespace CLI {
class App;
}

namespace respand::cli {

[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string zsh_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace respand::cli
