#include "tests/support/fs/fault_folder_calls.h"

#include <unistd.h>

#include <cerrno>
#include <functional>

namespace respand::fs {

Status FolderCalls::enter(const FolderHandle& folder, Calls kind, std::string_view what) {
  if (!state_.open.alive(folder.epoch)) {
    return os_error(EIO, what);
  }
  const auto failure = state_.plan.enter(kind);
  return failure ? Status(os_error(failure->os_error, what)) : Status();
}

Result<FolderHandle> FolderCalls::find_folder(const std::string& path) {
  if (!state_.disk.folders.contains(path)) {
    return os_error(state_.disk.names.contains(path) ? ENOTDIR : ENOENT, "open");
  }
  return FolderHandle{path, state_.open.epoch()};
}

Result<FileInfo> FolderCalls::info_at(const std::string& path) const {
  if (const auto name = state_.disk.names.find(path); name != state_.disk.names.end()) {
    return state_.info_of(name->second);
  }
  if (!state_.disk.folders.contains(path)) {
    return os_error(ENOENT, "look");
  }
  FileInfo info;
  info.type = FileInfo::Type::kFolder;
  info.identity = {1, std::hash<std::string>{}(path) | 1ULL << 63, 1};  // no file has such an inode
  info.owner = ::geteuid();
  return info;
}

Result<FolderHandle> FolderCalls::open(const std::string& path) {
  if (const auto failure = state_.plan.enter(calls::kOpen)) {
    return os_error(failure->os_error, "open");
  }
  return find_folder(normal_path(path));
}

Result<FileInfo> FolderCalls::look(const std::string& path) {
  if (const auto failure = state_.plan.enter(calls::kLook)) {
    return os_error(failure->os_error, "look");
  }
  return info_at(normal_path(path));
}

Status FolderCalls::check_access(const FolderHandle& folder) { return enter(folder, calls::kLook, "access"); }

Status FolderCalls::lock(const FolderHandle& folder) {
  if (Status entered = enter(folder, calls::kLock, "lock"); !entered) {
    return entered;
  }
  return state_.open.lock_folder(folder.path) ? Status()
                                              : Status(error(ErrorCode::kExists, "lock: another process has it"));
}

void FolderCalls::unlock(const FolderHandle& folder) {
  if (state_.open.alive(folder.epoch)) {
    state_.open.unlock_folder(folder.path);
  }
}

Result<FileInfo> FolderCalls::info(const FolderHandle& folder) {
  if (Status entered = enter(folder, calls::kLook, "info"); !entered) {
    return std::move(entered).error();
  }
  return info_at(folder.path);
}

Result<std::vector<std::string>> FolderCalls::list(const FolderHandle& folder) {
  if (Status entered = enter(folder, calls::kList, "list"); !entered) {
    return std::move(entered).error();
  }
  return state_.disk.names_in(folder.path);
}

Status FolderCalls::list_next(const FolderHandle& folder) { return enter(folder, calls::kList, "list"); }

Result<FileInfo> FolderCalls::look(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kLook, "look"); !entered) {
    return std::move(entered).error();
  }
  return info_at(folder.at(name));
}

Result<Handle> FolderCalls::open_file(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kOpen, "open"); !entered) {
    return std::move(entered).error();
  }
  const std::string path = folder.at(name);
  if (state_.disk.folders.contains(path)) {
    return error(ErrorCode::kInvalid, "open: is not a regular file");
  }
  const auto found = state_.disk.names.find(path);
  if (found == state_.disk.names.end()) {
    return os_error(ENOENT, "open");
  }
  return state_.open.open(found->second, false);
}

Result<Handle> FolderCalls::create(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kOpen, "create"); !entered) {
    return std::move(entered).error();
  }
  const std::string path = folder.at(name);
  if (!state_.disk.folders.contains(folder.path)) {
    return os_error(ENOENT, "create");
  }
  if (state_.disk.folders.contains(path) || state_.disk.names.contains(path)) {
    return os_error(EEXIST, "create");
  }
  return state_.open.open(state_.disk.create(path), true);
}

Status FolderCalls::make_directory(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kMakeDirectories, "make folder"); !entered) {
    return entered;
  }
  const std::string path = folder.at(name);
  if (state_.disk.folders.contains(path) || state_.disk.names.contains(path)) {
    return os_error(EEXIST, "make folder");
  }
  state_.disk.make_unsynced_folder(path);
  return {};
}

Result<FolderHandle> FolderCalls::open_directory(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kOpen, "open"); !entered) {
    return std::move(entered).error();
  }
  return find_folder(folder.at(name));
}

Status FolderCalls::rename(const FolderHandle& folder, const std::string& from, const FolderHandle& to_folder,
                           const std::string& to) {
  if (Status entered = enter(folder, calls::kRename, "rename"); !entered) {
    return entered;
  }
  const std::string target = to_folder.at(to);
  if (!state_.disk.names.contains(folder.at(from)) || !state_.disk.folders.contains(to_folder.path)) {
    return os_error(ENOENT, "rename");
  }
  if (state_.disk.names.contains(target) || state_.disk.folders.contains(target)) {
    return os_error(EEXIST, "rename");
  }
  state_.disk.rename(folder.at(from), target);
  return {};
}

Status FolderCalls::remove(const FolderHandle& folder, const std::string& name) {
  if (Status entered = enter(folder, calls::kRemove, "remove"); !entered) {
    return entered;
  }
  const std::string path = folder.at(name);
  if (!state_.disk.names.contains(path)) {
    return os_error(state_.disk.folders.contains(path) ? EISDIR : ENOENT, "remove");
  }
  state_.disk.remove(path);
  return {};
}

Status FolderCalls::sync(const FolderHandle& folder) {
  if (Status entered = enter(folder, calls::kSyncDirectory, "sync"); !entered) {
    return entered;
  }
  state_.disk.sync_names(folder.path);
  return {};
}

}  // namespace respand::fs
