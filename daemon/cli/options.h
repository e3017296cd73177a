#pragma once
// Options that several commands have, with the same help text on each. Their variables are borrowed until the parse.
// Main thread.

#include <cstdint>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace respand::cli {

// -c, --config FILE.
void add_config_option(CLI::App& command, std::string& file);
// --control PATH.
void add_control_option(CLI::App& command, std::string& path);
// NAMES N: a whole number from 1.
void add_count_option(CLI::App& command, const std::string& names, std::uint64_t& count, const std::string& about);
// Names the values that an option takes, or that its values begin with, for --help and for shell completion. Checks
// nothing.
void add_values(CLI::Option& option, const std::string& comma_separated);
// What is wrong with `text` as a whole number from 1; empty: nothing.
[[nodiscard]] std::string not_a_count(const std::string& text);

}  // namespace respand::cli
