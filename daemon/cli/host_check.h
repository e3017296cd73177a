#pragma once
// HostCheck: whether the host is as a configuration needs it: groups, folders and who may write to them, room on the
// disks. Looks only, changes nothing. Used by `respand check --host`; main thread.

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "respand/config/config.h"

namespace respand::cli {

// Whom the daemon runs as.
struct Identity {
  std::string name;
  ::uid_t uid = 0;
  std::vector<::gid_t> groups;
  // The user respand where there is one, else whoever runs this.
  [[nodiscard]] static Identity of_the_daemon();
  // Whether the file's mode lets it do so: R_OK, W_OK, X_OK, or several.
  [[nodiscard]] bool may(const struct ::stat& info, int what) const;
};

class HostCheck {
 public:
  HostCheck(const config::Config& config, Identity identity) : config_(config), who_(std::move(identity)) {}

  // What is wrong, each with what to do about it: "spool.directory: …: sudo chmod 3770 …". Empty: all is well.
  [[nodiscard]] std::vector<std::string> run();

 private:
  void groups();
  void folders();
  void folder(std::string_view key, const std::string& path);
  void socket_folder(std::string_view key, const std::string& path);
  void spool();
  void room(std::string_view key, const std::string& path, Bytes most);
  void say(std::string_view key, std::string text);

  const config::Config& config_;
  const Identity who_;
  std::vector<std::string> found_;
};

}  // namespace respand::cli
