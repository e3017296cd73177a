#include "tests/support/own_mounts.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

#include "respand/base/text.h"

namespace respand::test {

std::string leave_for_own_mounts() {
  static const std::string failure = [] {
    if (::unshare(CLONE_NEWNS) != 0) {
      return cat("unshare: ", std::strerror(errno));
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return cat("mount / private: ", std::strerror(errno));
    }
    return std::string();
  }();
  return failure;
}

OwnHosts::OwnHosts(const std::string& text) : why_not_(leave_for_own_mounts()) {
  write_file(file_, text);
  if (why_not_.empty() && ::mount(file_.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) {
    why_not_ = cat("mount /etc/hosts: ", std::strerror(errno));
  }
}

OwnHosts::~OwnHosts() {
  if (why_not_.empty()) {
    ::umount2("/etc/hosts", MNT_DETACH);
  }
}

}  // namespace respand::test
