#pragma once
// What the program says of a command line that is wrong: which command, what is wrong, what it could be. Main thread.

#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace respand::cli {

// "respand dead-letters": the words that lead to `command`.
[[nodiscard]] std::string words_of(const CLI::App& command);

// Of the words behind the program's name, those that are commands lead on; says on stderr where one names no command
// of its group, or where a group needs one more. False then.
[[nodiscard]] bool names_a_command(const CLI::App& app, std::span<const std::string_view> words);

// `respand help [COMMAND…]`: prints the help of the command that `words` lead to. False after saying that there is
// none.
[[nodiscard]] bool print_help(const CLI::App& app, std::span<const std::string_view> words);

// Says on stderr what CLI11 found wrong with the command line that `app` has just parsed.
void complain(const CLI::App& app, const CLI::ParseError& failure);

}  // namespace respand::cli
