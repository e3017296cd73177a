#include "cli/configuration.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>

#include "cli/program.h"
#include "respand/base/log_output.h"
#include "respand/base/text.h"
#include "respand/config/places.h"
#include "respand/config/prices.h"

namespace respand::cli {

namespace {

void say(const std::vector<config::Problem>& problems, log::Level level, log::Format format) {
  for (const config::Problem& problem : problems) {
    if (format == log::Format::kJson) {
      log::say(format, level, "configuration", {{"problem", problem.to_string()}});
    } else {
      std::cerr << (level == log::Level::kWarning ? "warning: " : "error: ") << problem.to_string() << '\n';
    }
  }
}

}  // namespace

std::optional<config::Config> load_configuration(const std::string& file, log::Format format) {
  config::Loaded loaded = config::load_file(file, config::Environment::process());
  say(loaded.warnings, log::Level::kWarning, format);
  if (loaded.problems.empty()) {
    loaded.problems = config::load_prices(loaded.config, config::Environment::process()).problems;
  }
  say(loaded.problems, log::Level::kError, format);
  return loaded.problems.empty() ? std::optional(std::move(loaded.config)) : std::nullopt;
}

log::Format log_format(const std::string& file) {
  constexpr std::array<std::string_view, 1> kKeys = {"log.format"};
  return config::load_keys(file, config::Environment::process(), kKeys).config.log.format;
}

Places places_despite_mistakes(const std::string& given, std::span<const std::string_view> keys) {
  const std::string file = given.empty() ? kDefaultConfigFile : given;
  if (given.empty() && ::access(file.c_str(), F_OK) == 0 && ::access(file.c_str(), R_OK) != 0) {
    return {};
  }
  config::Loaded loaded = config::load_keys(file, config::Environment::process(), keys);
  return {std::move(loaded.config), std::move(loaded.problems)};
}

std::optional<config::Config> load_places(const std::string& given, std::span<const std::string_view> keys) {
  Places places = places_despite_mistakes(given, keys);
  say(places.problems, log::Level::kError, log::Format::kText);
  return places.problems.empty() ? std::optional(std::move(places.config)) : std::nullopt;
}

Status become_owner_of(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) {
    return os_error(errno, directory);
  }
  if (::geteuid() != 0 || info.st_uid == 0) {
    return {};
  }
  if (::setgroups(0, nullptr) != 0 || ::setegid(info.st_gid) != 0 || ::seteuid(info.st_uid) != 0) {
    return os_error(errno, cat("can't go on as the owner of ", directory));
  }
  return {};
}

}  // namespace respand::cli
