#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/program.h"
#include "respand/base/text.h"

namespace respand::cli {

void add_config_option(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, cat("Configuration file (", kDefaultConfigFile, ")"))->type_name("FILE");
}

void add_control_option(CLI::App& command, std::string& path) {
  command.add_option("--control", path, "The daemon's control socket; else as the configuration says")
      ->type_name("PATH");
}

void add_count_option(CLI::App& command, const std::string& names, std::uint64_t& count, const std::string& about) {
  command.add_option(names, count, about)->check(CLI::Validator(not_a_count, ""))->type_name("N");
}

void add_values(CLI::Option& option, const std::string& comma_separated) {
  option.check(CLI::Validator([](std::string&) { return std::string(); }, cat("{", comma_separated, "}")));
}

std::string not_a_count(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = failure == std::errc{} && end == text.data() + text.size() && number > 0;
  return good ? std::string() : cat("expected a whole number from 1, not '", printable(text, 40), "'");
}

}  // namespace respand::cli
