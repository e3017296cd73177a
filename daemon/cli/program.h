#pragma once
// The program `respand`: parses the command line and runs one command. Main thread.

namespace respand::cli {

// Exit statuses of all commands (docs/install.md).
enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kBadCommandLine = 64,    // EX_USAGE
  kTryAgain = 75,          // EX_TEMPFAIL: the daemon is not reachable or has no room
  kBadConfiguration = 78,  // EX_CONFIG: systemd must not restart on it
};

inline constexpr const char* kDefaultConfigFile = "/etc/respand/respand.yaml";

[[nodiscard]] int run_program(int argc, char** argv);

}  // namespace respand::cli
