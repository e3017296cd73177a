#pragma once
// Messages about a wrong command line: which command, what is wrong, what it could be. Main thread.

#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace respand::cli {

// The words that lead to `command`, such as "respand dead-letters".
[[nodiscard]] std::string words_of(const CLI::App& command);

// Follows the words after the program's name to a command. False after printing to stderr that a word names no command
// of its group, or that a group needs one more word.
[[nodiscard]] bool names_a_command(const CLI::App& app, std::span<const std::string_view> words);

// `respand help [COMMAND…]`: prints the help of the command that `words` lead to. False after printing that there is
// none.
[[nodiscard]] bool print_help(const CLI::App& app, std::span<const std::string_view> words);

// Prints to stderr what CLI11 found wrong with the command line that `app` has just parsed.
void complain(const CLI::App& app, const CLI::ParseError& failure);

}  // namespace respand::cli
