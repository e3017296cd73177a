#include "cli/configuration.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

#include "cli/program.h"
#include "respand/base/text.h"
#include "respand/config/places.h"
#include "respand/config/prices.h"

namespace respand::cli {

std::optional<config::Config> load_configuration(const std::string& file) {
  config::Loaded loaded = config::load_file(file, config::Environment::process());
  for (const config::Problem& warning : loaded.warnings) {
    std::cerr << "warning: " << warning.to_string() << '\n';
  }
  for (const config::Problem& problem : loaded.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  if (!loaded.problems.empty()) {
    return std::nullopt;
  }
  const config::LoadedPrices prices = config::load_prices(loaded.config, config::Environment::process());
  for (const config::Problem& problem : prices.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
  if (!prices.problems.empty()) {
    return std::nullopt;
  }
  return std::move(loaded.config);
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
  for (const config::Problem& problem : places.problems) {
    std::cerr << "error: " << problem.to_string() << '\n';
  }
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
