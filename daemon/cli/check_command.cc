#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/host_check.h"
#include "cli/program.h"
#include "respand/base/text.h"
#include "respand/config/json_schema.h"
#include "respand/config/places.h"
#include "respand/fs/directory.h"
#include "respand/record/record_schema.h"
#include "spool/check.h"

namespace respand::cli {
namespace {

// The user that runs the daemon: whoever runs this command; for root, the user that the package has made, if there is
// one.
uid_t daemon_user() {
  const passwd* const made = ::geteuid() == 0 ? ::getpwnam("respand") : nullptr;
  return made != nullptr ? made->pw_uid : ::geteuid();
}

// Warns of what is wrong with the spool directory itself: its files wait for that, however good the configuration is.
void look_at_spool(const config::Spool& spool) {
  if (!spool.directory_given && ::access(spool.directory.c_str(), F_OK) != 0) {
    return;
  }
  for (const spool::SpoolProblem& problem :
       spool::find_spool_problems(fs::posix_directories(), spool.directory, daemon_user())) {
    std::cerr << "warning: spool.directory: " << problem.what << "; " << problem.remedy << '\n';
  }
}

struct CheckArguments {
  std::string file = kDefaultConfigFile;
  bool print = false;
  bool schema = false;
  bool record_schema = false;
  bool host = false;
};

// Where the key comes from on this host; the daemon may get it in another way.
std::string key_place(const config::Config& config) {
  const config::KeyOrigin& origin = config.api.key_origin;
  return origin == config::KeyOrigin{config::KeyOrigin::Kind::kFile, config::kDefaultKeyFile}
             ? cat(config::kDefaultKeyFile, " (systemd hands it over)")
             : origin.to_string();
}

int check_host(const config::Config& config) {
  Identity who = Identity::of_the_daemon();
  const std::string name = who.name;
  const std::vector<std::string> found = HostCheck(config, std::move(who)).run();
  for (const std::string& line : found) {
    std::cout << "host: " << line << '\n';
  }
  if (found.empty()) {
    std::cout << "host: good for respand as " << name << '\n';
  }
  return found.empty() ? kDone : kFailed;
}

int check(const CheckArguments& given) {
  if (given.schema) {
    std::cout << config::json_schema();
    return kDone;
  }
  if (given.record_schema) {
    std::cout << record::record_schema();
    return kDone;
  }
  const auto config = load_configuration(given.file);
  if (!config) {
    return kBadConfiguration;
  }
  if (given.print) {
    std::cout << config::print(*config);
  } else {
    for (std::size_t i = 0; i < config->files.size() && config->files.size() > 1; ++i) {
      std::cout << "read: " << config->files[i] << '\n';
    }
    std::cout << given.file << ": good; records go to ";
    if (config->destination == config::Destination::kNats) {
      std::cout << "NATS stream " << config->nats.stream << " at " << config->nats.servers.front() << '\n';
    } else {
      std::cout << config->api.create_url() << " with the key from " << key_place(*config) << '\n';
    }
  }
  look_at_spool(config->spool);
  return given.host ? check_host(*config) : kDone;
}

}  // namespace

void add_check_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("check", "Validate a configuration; says every mistake with line and column");
  command->footer(
      "Files named *.yaml in the folder conf.d beside the configuration are read too, in the order of\n"
      "their names, each over what came before: maps merge, lists and values are replaced.\n"
      "Exit status: 0 good; 1 the host is not (--host); 78 there are mistakes.");
  auto given = std::make_shared<CheckArguments>();
  command->add_option("-c,--config", given->file, "Configuration file")->capture_default_str()->type_name("FILE");
  command->add_flag("--print", given->print, "Print the effective configuration, defaults included, the key masked");
  command->add_flag("--host", given->host,
                    "Look at this host too: groups, folders and who may write to them, room on the disks");
  command->add_flag("--schema", given->schema,
                    "Print the JSON Schema of the configuration, for editors; no file is read");
  command->add_flag("--record-schema", given->record_schema,
                    "Print the JSON Schema of a record as respand reads it; no file is read");
  command->callback([given, &exit_status] { exit_status = check(*given); });
}

}  // namespace respand::cli
