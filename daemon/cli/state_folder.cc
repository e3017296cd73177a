#include "cli/state_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "respand/base/text.h"

namespace respand::cli {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> kPlaces = {
    {{"RESPAND_SOCKET_PATH", "respand.sock"},
     {"RESPAND_CONTROL_PATH", "control.sock"},
     {"RESPAND_SPOOL_DIRECTORY", "spool"},
     {"RESPAND_JOURNAL_DIRECTORY", "journal"},
     {"RESPAND_DEAD_LETTERS_DIRECTORY", "dead-letters"},
     {"RESPAND_COSTS_DIRECTORY", "costs"}}};

Status make_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return os_error(errno, cat("make folder ", path.string()));
  }
  return {};
}

// Whether this user can write to the folder, or to the nearest one above it that exists.
bool can_be_written(std::filesystem::path path) {
  while (::access(path.c_str(), F_OK) != 0 && path != path.parent_path()) {
    path = path.parent_path();
  }
  return ::access(path.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

Status use_state_folder(const std::string& folder) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(folder, failed).lexically_normal();
  for (const auto& made : {path, path / "spool"}) {
    if (Status done = make_folder(made); !done) {
      return done;
    }
  }
  for (const auto& [variable, name] : kPlaces) {
    ::setenv(variable, (path / name).c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before threads start
  }
  return {};
}

std::string out_of_reach(const config::Config& config) {
  if (can_be_written(config.journal.directory)) {
    return {};
  }
  std::string keys;
  const auto parent = [](const std::string& path) { return std::filesystem::path(path).parent_path(); };
  for (const auto& [key, path] :
       {std::pair<std::string_view, std::filesystem::path>("journal.directory", config.journal.directory),
        {"dead_letters.directory", config.dead_letters.directory},
        {"costs.directory", config.costs.directory},
        {"socket.path", parent(config.socket.path)},
        {"control.path", parent(config.control.path)}}) {
    if (!can_be_written(path)) {
      keys += cat(keys.empty() ? "" : ", ", key);
    }
  }
  return keys;
}

}  // namespace respand::cli
