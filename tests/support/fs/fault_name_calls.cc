#include "tests/support/fs/fault_name_calls.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "respand/base/text.h"

namespace respand::fs {

Result<Handle> NameCalls::find_or_create(const std::string& path, OpenMode mode, std::string_view what) {
  Disk& disk = state_.disk;
  const auto fail = [&](int os_code) -> Result<Handle> { return os_error(os_code, cat(what, " ", path)); };
  if (disk.folders.contains(path)) {
    return fail(EISDIR);
  }
  const auto name = disk.names.find(path);
  if (name != disk.names.end()) {
    return state_.open.open(name->second, mode != OpenMode::kRead);
  }
  if (mode != OpenMode::kCreate || !disk.folders.contains(folder_of(path))) {
    return fail(ENOENT);
  }
  return state_.open.open(disk.create(path), true);
}

Result<Handle> NameCalls::open(const std::string& given, OpenMode mode) {
  const std::string path = normal_path(given);
  if (const auto failure = state_.plan.enter(calls::kOpen)) {
    return os_error(failure->os_error, cat("open ", path));
  }
  return find_or_create(path, mode, "open");
}

Result<Handle> NameCalls::lock(const std::string& given) {
  const std::string path = normal_path(given);
  if (const auto failure = state_.plan.enter(calls::kLock)) {
    return os_error(failure->os_error, cat("lock ", path));
  }
  auto opened = find_or_create(path, OpenMode::kCreate, "lock");
  if (!opened) {
    return opened;
  }
  Node& node = state_.disk.nodes.at(opened->node);
  if (!state_.open.lock(opened->node)) {
    const std::string holder = node.cached.text(0, node.cached.text().find('\n'));
    state_.close(*opened);
    return error(ErrorCode::kExists, cat("lock ", path, ": in use by process ", holder));
  }
  if (const std::string pid = cat(::getpid(), "\n"); node.cached.text() != pid) {
    node.truncate(0);
    node.write(0, pid);
  }
  return opened;
}

void NameCalls::unlock(const Handle& handle) {
  if (state_.open.alive(handle)) {
    state_.open.unlock(handle.node);
    state_.close(handle);
  }
}

Status NameCalls::rename(const std::string& given_from, const std::string& given_to) {
  Disk& disk = state_.disk;
  const std::string from = normal_path(given_from);
  const std::string to = normal_path(given_to);
  const auto fail = [&](int os_code) -> Status { return os_error(os_code, cat("rename ", from, " to ", to)); };
  if (const auto failure = state_.plan.enter(calls::kRename)) {
    return fail(failure->os_error);
  }
  if (disk.folders.contains(from) || disk.folders.contains(to)) {
    return fail(EISDIR);
  }
  if (!disk.names.contains(from) || !disk.folders.contains(folder_of(to))) {
    return fail(ENOENT);
  }
  disk.rename(from, to);
  return {};
}

Status NameCalls::remove(const std::string& given) {
  Disk& disk = state_.disk;
  const std::string path = normal_path(given);
  const auto failure = state_.plan.enter(calls::kRemove);
  if (failure || !disk.names.contains(path)) {
    const int os_code = failure ? failure->os_error : disk.folders.contains(path) ? EISDIR : ENOENT;
    return os_error(os_code, cat("remove ", path));
  }
  disk.remove(path);
  return {};
}

Status NameCalls::sync_directory(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = state_.plan.enter(calls::kSyncDirectory);
  if (failure || !state_.disk.folders.contains(path)) {
    return os_error(failure ? failure->os_error : ENOENT, cat("sync folder ", path));
  }
  state_.disk.sync_names(path);
  return {};
}

Result<std::vector<std::string>> NameCalls::list(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = state_.plan.enter(calls::kList);
  if (failure || !state_.disk.folders.contains(path)) {
    return os_error(failure ? failure->os_error : ENOENT, cat("list ", path));
  }
  return state_.disk.names_in(path);
}

Status NameCalls::make_directories(const std::string& given) {
  Disk& disk = state_.disk;
  const std::string path = normal_path(given);
  const auto fail = [&](int os_code) -> Status { return os_error(os_code, cat("make folder ", path)); };
  const auto failure = state_.plan.enter(calls::kMakeDirectories);
  if (failure && !failure->partial) {
    return fail(failure->os_error);
  }
  if (disk.names.contains(path)) {
    return fail(EEXIST);
  }
  std::uint64_t depth = 0;
  for (std::string parent = path; parent != "/"; parent = folder_of(parent)) {
    if (disk.names.contains(parent)) {
      return fail(ENOTDIR);
    }
    ++depth;
  }
  if (failure) {
    disk.make_folders(path, state_.random.below(depth + 1));
    return fail(failure->os_error);
  }
  disk.make_folders(path, std::numeric_limits<std::uint64_t>::max());
  return {};
}

Result<Bytes> NameCalls::free_space(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = state_.plan.enter(calls::kFreeSpace);
  if (failure || (!state_.disk.folders.contains(path) && !state_.disk.names.contains(path))) {
    return os_error(failure ? failure->os_error : ENOENT, cat("free space of ", path));
  }
  return Bytes{state_.room()};
}

}  // namespace respand::fs
