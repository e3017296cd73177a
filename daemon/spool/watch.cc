#include "spool/watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "respand/base/log.h"

namespace respand::spool {
namespace {

// Names that are remembered as made and not closed; of more than these it is not known.
constexpr std::size_t kMaxUnclosed = 4096;
constexpr std::uint32_t kMask = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR;

}  // namespace

void Watch::begin(const std::string& path) {
  unclosed_.clear();
  fd_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (fd_ && ::inotify_add_watch(fd_.get(), path.c_str(), kMask) < 0) {
    fd_.reset();
  }
  if (!fd_) {
    log::warning("the spool directory can't be watched, it is listed at intervals instead",
                 {{"directory", path}, {"error", std::strerror(errno)}});
  }
}

bool Watch::notices(const std::function<void(SpoolNotice, const std::string& name)>& notice) {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  bool whole = true;
  while (fd_) {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    if (n <= 0) {
      break;  // EAGAIN: that was all.
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name(event.len > 0 ? buffer.data() + at + sizeof event : "");
      at += sizeof event + event.len;
      if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) {
        whole = false;
        unclosed_.clear();
      } else if ((event.mask & IN_ISDIR) == 0 && !name.empty()) {
        take(event.mask, name, notice);
      }
    }
  }
  return whole;
}

void Watch::take(std::uint32_t mask, const std::string& name,
                 const std::function<void(SpoolNotice, const std::string& name)>& notice) {
  if ((mask & IN_CREATE) == 0) {
    unclosed_.erase(name);
  } else if (unclosed_.size() < kMaxUnclosed) {
    unclosed_.insert(name);
  }
  notice((mask & IN_CREATE) != 0     ? SpoolNotice::kCreated
         : (mask & IN_MOVED_TO) != 0 ? SpoolNotice::kMovedIn
                                     : SpoolNotice::kClosed,
         name);
}

}  // namespace respand::spool
