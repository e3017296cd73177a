#pragma once
// HookedDirectories: stands in front of another Directories, most often the machine's, so that a test can do something
// before, behind or instead of a call on it: put another file in a name's place, refuse, or end the process as kill -9
// does (by throwing). Threads as for Directories; hooks are called on the caller's.

#include <functional>
#include <memory>
#include <string>

#include "respand/fs/directory.h"

namespace respand::fs {

struct RenameCall {
  std::string from;
  std::string to;
  bool to_other_folder = false;
};

// Where one is empty the call is made as it is; else it is the hook that makes it, with `make`, or does not.
struct DirectoryHooks {
  using Make = std::function<Status()>;
  std::function<Status(const RenameCall& call, const Make& make)> rename{};
  std::function<Status(const std::string& name, const Make& make)> remove{};
  std::function<Status(const Make& make)> sync{};
  std::function<Writers(const DirectoryFile& file)> writers{};
};

class HookedDirectories final : public Directories {
 public:
  // Both are borrowed, by the directories and files that it opens, too; the hooks may change between two calls.
  HookedDirectories(Directories& inner, const DirectoryHooks& hooks) : inner_(inner), hooks_(hooks) {}

  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& path) override;
  [[nodiscard]] Result<FileInfo> look(const std::string& path, Links links) override {
    return inner_.look(path, links);
  }

 private:
  Directories& inner_;
  const DirectoryHooks& hooks_;
};

}  // namespace respand::fs
