#pragma once
// HostCheck: whether the host is as the configuration needs it: groups, folders and who may write to them, room on the
// disks. It changes nothing. Used by `respand check --host` and `respand doctor`; main thread.

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "respand/config/config.h"

namespace respand::cli {

// The user and groups that the daemon runs as.
struct Identity {
  std::string name;
  ::uid_t uid = 0;
  std::vector<::gid_t> groups;
  // The user `respand` if there is one, else the user that runs this.
  [[nodiscard]] static Identity of_the_daemon();
  // Whether the file's mode allows this: R_OK, W_OK, X_OK, or several of them.
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
