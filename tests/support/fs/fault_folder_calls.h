#pragma once
// FolderCalls: the calls of FaultFileSystem on a folder that is held open, and on names in it. Part of Machine, under
// its mutex.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/fs/directory.h"
#include "tests/support/fs/machine_state.h"

namespace respand::fs {

// An open folder, good for one epoch as Handle is.
struct FolderHandle {
  std::string path;
  std::uint64_t epoch = 0;
  [[nodiscard]] std::string at(const std::string& name) const { return (path == "/" ? "" : path) + "/" + name; }
};

class FolderCalls {
 public:
  // `state` is borrowed.
  explicit FolderCalls(MachineState& state) : state_(state) {}

  [[nodiscard]] Result<FolderHandle> open(const std::string& path);
  [[nodiscard]] Result<FileInfo> look(const std::string& path);

  [[nodiscard]] Status check_access(const FolderHandle& folder);
  [[nodiscard]] Status lock(const FolderHandle& folder);
  void unlock(const FolderHandle& folder);
  [[nodiscard]] Result<FileInfo> info(const FolderHandle& folder);
  // All names at once, and a call that only counts and fails for each that is handed out.
  [[nodiscard]] Result<std::vector<std::string>> list(const FolderHandle& folder);
  [[nodiscard]] Status list_next(const FolderHandle& folder);
  [[nodiscard]] Result<FileInfo> look(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Result<Handle> open_file(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Result<Handle> create(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Status make_directory(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Result<FolderHandle> open_directory(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Status rename(const FolderHandle& folder, const std::string& from, const FolderHandle& to_folder,
                              const std::string& to);
  [[nodiscard]] Status remove(const FolderHandle& folder, const std::string& name);
  [[nodiscard]] Status sync(const FolderHandle& folder);

 private:
  // Counts the call; why it fails, where it does.
  [[nodiscard]] Status enter(const FolderHandle& folder, Calls kind, std::string_view what);
  [[nodiscard]] Result<FolderHandle> find_folder(const std::string& path);
  [[nodiscard]] Result<FileInfo> info_at(const std::string& path) const;

  MachineState& state_;
};

}  // namespace respand::fs
