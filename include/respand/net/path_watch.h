#pragma once
// PathWatch: notices when the file of a socket is removed (by a cleaner of /tmp, an rm, another program's start
// script). The socket still listens then, but nobody can find it. Used by sockets and by app's control socket; io
// thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "respand/net/bind.h"
#include "respand/net/loop.h"

namespace respand::net {

// Watches the files that were added, for as long as it lives.
class PathWatch {
 public:
  // Puts the file back. Returns whether it is in its place again.
  using PutBack = std::function<bool()>;

  // `loop` is borrowed.
  explicit PathWatch(Loop& loop);
  ~PathWatch();

  // Calls `put_back` as soon as `in_place` says that another file, or none, is at `path`, and again every now and then
  // until it has worked. It is called in later turns of the loop, never from here.
  void add(std::string path, std::function<bool()> in_place, PutBack put_back);

 private:
  struct File {
    std::string path;
    std::function<bool()> in_place;
    PutBack put_back;
  };

  void watch_folders();
  void on_events();
  void look();

  Loop& loop_;
  std::vector<File> files_;
  std::unique_ptr<FdWatcher> events_;  // inotify; null where the system gives none
  Timer again_;
};

}  // namespace respand::net
