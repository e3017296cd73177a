// `respand completion SHELL`: what the package installs for shells.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/completion_scripts.h"
#include "cli/program.h"

namespace respand::cli {

void add_completion_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("completion", "Print the completion of commands, options and values for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->footer("bash: source <(respand completion bash). The package brings all three.");
  command->callback([&app, shell, &exit_status] {
    std::cout << (*shell == "bash"  ? bash_completion(app)
                  : *shell == "zsh" ? zsh_completion(app)
                                    : fish_completion(app));
    exit_status = kDone;
  });
}

}  // namespace respand::cli
