#pragma once
// PathWatch: notices when the file of a socket is taken away (a cleaner of /tmp, an rm, another program's start
// script): the socket still listens then, and nobody can find it. Used by sockets and by app's control socket; io
// thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "respand/net/bind.h"
#include "respand/net/loop.h"

namespace respand::net {

class PathWatch {
 public:
  // Whether the file is in its place again.
  using PutBack = std::function<bool()>;

  explicit PathWatch(Loop& loop);
  ~PathWatch();

  // Calls `put_back` as soon as `in_place` says that the file at `path` is not what it was, and then every now and
  // then until that has worked. In the next turns of the loop, never from here.
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
