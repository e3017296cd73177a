#pragma once
// Options that several commands have, with the same words on each. What they are given is borrowed until the parse.
// Main thread.

#include <string>

namespace CLI {
class App;
}

namespace respand::cli {

// -c, --config FILE.
void add_config_option(CLI::App& command, std::string& file);
// --control PATH.
void add_control_option(CLI::App& command, std::string& path);

}  // namespace respand::cli
