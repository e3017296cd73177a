#pragma once
// Watch: what happens to the names of the spool directory, as the kernel tells it (inotify). A hint that saves waiting:
// the listing finds what it misses, and everything where the system has no watches left. Spool thread.

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "respand/base/fd.h"

namespace respand::spool {

enum class SpoolNotice : std::uint8_t {
  kCreated,  // it was made, or linked into place
  kClosed,   // somebody who may have written to it has closed it
  kMovedIn,  // it was renamed into place
};

class Watch {
 public:
  // Begins to watch the directory at this path, and forgets what was noticed before. Where that can't be done it is
  // said in the log.
  void begin(const std::string& path);
  // To be polled for reading; -1 where nothing is watched.
  [[nodiscard]] int fd() const { return fd_.get(); }

  // Hands out what happened since the last call. False where notices were lost: the directory has to be listed.
  [[nodiscard]] bool notices(const std::function<void(SpoolNotice, const std::string& name)>& notice);
  // Whether it was made since the watch began, and has not been closed after writing yet.
  [[nodiscard]] bool unclosed(const std::string& name) const { return unclosed_.contains(name); }

 private:
  void take(std::uint32_t mask, const std::string& name,
            const std::function<void(SpoolNotice, const std::string& name)>& notice);

  UniqueFd fd_;
  std::set<std::string> unclosed_;
};

}  // namespace respand::spool
