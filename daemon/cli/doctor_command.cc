// `respand doctor`: looks for everything that can be wrong around the daemon, with the remedy.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "app/translate.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/program.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/config/prices.h"
#include "respand/http/client.h"
#include "respand/json/writer.h"

extern char** environ;

namespace respand::cli {
namespace {

using Kind = Finding::Kind;

struct DoctorArguments {
  std::string config;
  bool send_test = false;
  bool problems_only = false;
};

constexpr Duration kProbePatience = std::chrono::seconds{10};

std::string remedy_of(const config::Problem& problem) {
  if (problem.code == ErrorCode::kPermission) {
    return "where only this user may not read it: sudo respand doctor; else let the daemon's user read it";
  }
  return problem.about == config::Problem::About::kKey
             ? "put the key alone, nothing else, into its place; respand check says when it is good"
             : "correct it; respand check says when the configuration is good";
}

void add_problems(const std::vector<config::Problem>& problems, Findings& found) {
  for (const config::Problem& problem : problems) {
    const bool is_key = problem.about == config::Problem::About::kKey;
    found.push_back({Kind::kWrong, is_key ? "key" : "configuration", problem.to_string(), remedy_of(problem)});
  }
}

// Turns warnings into findings. A key file that every user can read is wrong, not just a note.
void add_warnings(const std::vector<config::Problem>& warnings, Findings& found) {
  for (const config::Problem& warning : warnings) {
    const bool exposed = warning.about == config::Problem::About::kExposedSecret;
    found.push_back({exposed ? Kind::kWrong : Kind::kNote, exposed ? "key" : "configuration", warning.to_string(),
                     exposed ? "sudo chmod o-rwx that file, and have a new key made: this one was seen" : ""});
  }
}

config::Config look_at_configuration(const std::string& file, const Surroundings& around, Findings& found) {
  config::Loaded loaded = config::load_file(file, around.environment);
  const std::size_t before = found.size();
  add_problems(loaded.problems, found);
  if (loaded.problems.empty()) {
    add_problems(config::load_prices(loaded.config, around.environment).problems, found);
  }
  add_warnings(loaded.warnings, found);
  if (found.size() == before) {
    std::string read;
    for (const std::string& part : loaded.config.files) {
      read += cat(read.empty() ? "" : ", ", part);
    }
    found.push_back({Kind::kGood,
                     "configuration",
                     read.empty() ? std::string("the defaults and the environment are good") : cat(read, ": good"),
                     {}});
  }
  look_at_variables(around.variables, found);
  look_at_key(loaded.config, found);
  return std::move(loaded.config);
}

std::string test_record(WallTime now) {
  const auto message = [](std::string_view role, std::string_view content) {
    return json::Object().member("role", role).member("content", content);
  };
  return json::Object()
      .member("model", "respand-doctor")
      .member("timestamp", iso8601(now))
      .member("custom_identifier", cat("respand-doctor-", now.time_since_epoch().count()))
      .value("prompt_messages", json::Array().element(message("user", "respand doctor --send-test")).text())
      .object("completion_message", message("assistant", "It arrived."))
      .member("cost", 0)
      .text();
}

void look_at_api(const config::Config& config, bool send_test, Findings& found) {
  if (config.destination == config::Destination::kNats) {
    found.push_back({Finding::Kind::kNote, "api", cat("not asked: records go to the NATS stream ", config.nats.stream),
                     "`respand nats check` looks at the cluster; the relays' doctors look at the API"});
    return;
  }
  http::start_library();
  const http::ProbeReport report = http::probe(app::target(config), {}, kProbePatience);
  judge_probe(config, report, system_clock().wall(), found);
  judge_loop(config, report, is_own_address(report.address), found);
  if (!send_test || config.api.key.empty()) {
    return;
  }
  judge_test(config, http::probe(app::target(config), test_record(system_clock().wall()), kProbePatience), found);
}

std::size_t count_wrong(const Findings& found) {
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [](const Finding& finding) { return finding.kind == Kind::kWrong; }));
}

int run_doctor(const DoctorArguments& given) {
  const Findings found = examine(given.config, given.send_test);
  std::cout << text_of(found, given.problems_only);
  return count_wrong(found) == 0 ? kDone : kFailed;
}

}  // namespace

Findings examine(const std::string& config_file, bool send_test) {
  Surroundings around{.environment = config::Environment::process(), .variables = {}};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    around.variables.emplace_back(*variable);
  }
  Findings found;
  const config::Config config =
      look_at_configuration(config_file.empty() ? kDefaultConfigFile : config_file, around, found);
  look_at_api(config, send_test, found);
  const auto daemon = look_at_daemon(config, found);
  look_at_host(config, around, daemon, found);
  return found;
}

std::string text_of(const Findings& found, bool problems_only) {
  constexpr std::array<std::string_view, 3> kMarks = {"ok   ", "note ", "WRONG"};
  std::string out;
  for (const Finding& finding : found) {
    if (problems_only && finding.kind == Kind::kGood) {
      continue;
    }
    out += cat(kMarks.at(static_cast<std::size_t>(finding.kind)), " ", finding.area, ": ",
               printable(finding.what, 1000), "\n");
    if (!finding.remedy.empty()) {
      out += cat("      do: ", printable(finding.remedy, 1000), "\n");
    }
  }
  const std::size_t wrong = count_wrong(found);
  return out + (wrong == 0 ? std::string("nothing is wrong\n")
                           : cat(wrong, wrong == 1 ? " thing is wrong\n" : " things are wrong\n"));
}

void add_doctor_command(CLI::App& app, int& exit_status) {
  auto* const command =
      app.add_subcommand("doctor", "Look for everything that can be wrong around the daemon, and say what to do");
  auto given = std::make_shared<DoctorArguments>();
  add_config_option(*command, given->config);
  command->add_flag("--send-test", given->send_test,
                    "Post one record to the API, with the key: model respand-doctor, cost 0");
  command->add_flag("-q,--quiet", given->problems_only, "Leave out what is as it should be");
  command->footer(
      "It looks at the configuration and the key, at name, connection, proxy, TLS and clock on the way to the API, at "
      "the\ndaemon, its folders, their owners and room, descriptors, inotify and systemd, and changes nothing. As root "
      "it sees\nall of it. It ends within half a minute.\n"
      "Exit status: 0 nothing is wrong; 1 something is, each with what to do.");
  command->callback([given, &exit_status] { exit_status = run_doctor(*given); });
}

}  // namespace respand::cli
