#pragma once
// The checks of `respand doctor`: they look from outside for everything that can be wrong around a daemon. Each finding
// says what, where, and what to do. They change nothing, and their time is limited. Main thread.

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
    kGood,   // as it should be
    kNote,   // worth knowing, but nothing is broken
    kWrong,  // exit status 1
  };
  Kind kind = Kind::kGood;
  std::string area;    // "tls", "clock"
  std::string what;    // what and where, in one line
  std::string remedy;  // what to do; empty where there is nothing to do
};
using Findings = std::vector<Finding>;

// Where doctor looks, so that tests can plant faults.
struct Surroundings {
  config::Environment environment;
  std::vector<std::string> variables;  // NAME=VALUE, all of them
  std::string proc = "/proc";
  std::string systemd = "/run/systemd/system";  // exists only where systemd runs
  std::string systemctl = "systemctl";
};

// doctor_configuration.cc
void look_at_variables(const std::vector<std::string>& variables, Findings& found);
void look_at_key(const config::Config& config, Findings& found);

// doctor_network.cc
// `report` is of a request to the configuration's URL.
void judge_probe(const config::Config& config, const http::ProbeReport& report, WallTime now, Findings& found);
// Whether what was connected to is http.listen itself: then records go round for ever. `is_own`: the report's address
// is this host's.
void judge_loop(const config::Config& config, const http::ProbeReport& report, bool is_own, Findings& found);
[[nodiscard]] bool is_own_address(const std::string& address);
// `report` is of the test record that was posted.
void judge_test(const config::Config& config, const http::ProbeReport& report, Findings& found);

// doctor_host.cc
// `files`: RLIMIT_NOFILE of the daemon.
void look_at_descriptors(const config::Config& config, std::uint64_t files, Findings& found);
void look_at_inotify(const Surroundings& around, Findings& found);
void look_at_places(const config::Config& config, Findings& found);
// The properties that `systemctl show` has printed for one unit.
void judge_unit(std::string_view unit, std::string_view properties, Findings& found);
// All checks of the host. `daemon`: the process id of the daemon, if it runs.
void look_at_host(const config::Config& config, const Surroundings& around, std::optional<std::uint64_t> daemon,
                  Findings& found);

// doctor_daemon.cc
// Asks the daemon for its status. Returns its process id if it answers.
std::optional<std::uint64_t> look_at_daemon(const config::Config& config, Findings& found);

// doctor_command.cc
// Runs all checks. `send_test`: posts a test record too.
[[nodiscard]] Findings examine(const std::string& config_file, bool send_test);
// The findings as text; with `problems_only` without those that are good.
[[nodiscard]] std::string text_of(const Findings& found, bool problems_only);

}  // namespace respand::cli
