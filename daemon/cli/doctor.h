#pragma once
// What can be wrong around a daemon, looked for from beside it: each finding says what, where, and what to do. Looks
// only, changes nothing, and is bounded in time. Used by `respand doctor`; main thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/probe.h"
#include "respand/base/units.h"
#include "respand/config/config.h"

namespace respand::cli {

struct Finding {
  enum class Kind : std::uint8_t {
    kGood,   // looked at, and as it should be
    kNote,   // worth knowing, but nothing is broken
    kWrong,  // exit status 1
  };
  Kind kind = Kind::kGood;
  std::string area;    // "tls", "clock"
  std::string what;    // one line, with where
  std::string remedy;  // what to do; empty where there is nothing to do
};
using Findings = std::vector<Finding>;

// Where doctor looks, so that tests can plant faults.
struct Surroundings {
  config::Environment environment;
  std::vector<std::string> variables;  // NAME=VALUE, all of them
  std::string proc = "/proc";
  std::string systemd = "/run/systemd/system";  // there only where systemd runs
  std::string systemctl = "systemctl";
};

// doctor_configuration.cc
void look_at_variables(const std::vector<std::string>& variables, Findings& found);
void look_at_key(const config::Config& config, Findings& found);

// doctor_network.cc
// `what` is a report of the API at the configuration's url.
void judge_probe(const config::Config& config, const http::ProbeReport& report, WallTime now, Findings& found);
// The API's answer to a record of ours.
void judge_test(const config::Config& config, const http::ProbeReport& report, Findings& found);

// doctor_host.cc
// `files`: RLIMIT_NOFILE of the daemon.
void look_at_descriptors(const config::Config& config, std::uint64_t files, Findings& found);
void look_at_inotify(const Surroundings& around, Findings& found);
void look_at_places(const config::Config& config, Findings& found);
// The properties that `systemctl show` has printed for one unit.
void judge_unit(std::string_view unit, std::string_view properties, Findings& found);
// All of the host.
void look_at_host(const config::Config& config, const Surroundings& around, std::optional<std::uint64_t> daemon,
                  Findings& found);

// doctor_daemon.cc
// Asks the daemon how it is. Its process, where it answers.
std::optional<std::uint64_t> look_at_daemon(const config::Config& config, Findings& found);

// doctor_command.cc
// All of it. `send_test`: posts a record too.
[[nodiscard]] Findings examine(const std::string& config_file, bool send_test);
// For people; `problems_only`: without what is as it should be.
[[nodiscard]] std::string text_of(const Findings& found, bool problems_only);

}  // namespace respand::cli
