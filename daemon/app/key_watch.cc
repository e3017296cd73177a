#include "app/key_watch.h"

#include <sys/stat.h>

#include <algorithm>

namespace respand::app {

KeyWatch::Stamp KeyWatch::stamp_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return {.path = path};
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {.path = path,
          .inode = info.st_ino,
          .size = info.st_size,
          .nanoseconds = std::int64_t{info.st_mtim.tv_sec} * kSecond + info.st_mtim.tv_nsec};
}

void KeyWatch::watch(const std::vector<std::string>& files) {
  std::vector<Stamp> seen;
  seen.reserve(files.size());
  for (const std::string& path : files) {
    seen.push_back(stamp_of(path));
  }
  seen_ = std::move(seen);
  wait();
}

void KeyWatch::wait() {
  if (seen_.empty()) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) {
      return;
    }
    bool changed = false;
    for (Stamp& known : seen_) {
      Stamp now = stamp_of(known.path);
      changed = changed || now != known;
      known = std::move(now);
    }
    if (changed) {
      changed_();  // It may call watch().
    }
    wait();
  });
}

}  // namespace respand::app
