#include "fs/fault_machine.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "respand/base/check.h"
#include "respand/base/text.h"

namespace respand::fs {
namespace {

// More than any test writes; a wild offset must not take the machine's memory.
constexpr std::uint64_t kMaxFileSize = gibibytes(1).value;

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") {
      parts.push_back(path.substr(0, slash));
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string join(std::span<const ConstBytes> parts) {
  std::string joined;
  for (const ConstBytes part : parts) {
    joined.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return joined;
}

}  // namespace

std::string normal_path(const std::string& path) {
  std::string normal;
  for (const std::string_view part : parts_of(path)) {
    RESPAND_CHECK(part != "..");
    normal.append("/").append(part);
  }
  return normal.empty() ? "/" : normal;
}

std::optional<Machine::Failure> Machine::enter(Calls kind) {
  ++counts_[static_cast<std::size_t>(std::countr_zero(kind))];
  std::optional<Failure> failure;
  for (Armed& armed : armed_) {
    if ((armed.fault.calls & kind) == 0 || armed.left == 0) {
      continue;
    }
    if (armed.left > 1) {
      --armed.left;
      continue;
    }
    powered_off_ |= armed.power_off;
    if (!failure) {
      failure = Failure{armed.fault.os_error, true};
    }
    armed.left = armed.fault.for_good ? 1 : 0;
  }
  if (powered_off_) {
    failure = Failure{EIO, false};
  }
  faults_hit_ += failure ? 1U : 0U;
  return failure;
}

Node* Machine::alive(const Handle& handle) { return handle.epoch == epoch_ ? &disk_.nodes.at(handle.node) : nullptr; }

std::uint64_t Machine::used() const {
  std::set<NodeId> counted;
  for (const auto& [path, node] : disk_.names) {
    counted.insert(node);
  }
  for (const auto& [node, handles] : open_) {
    counted.insert(node);
  }
  std::uint64_t sum = 0;
  for (const NodeId node : counted) {
    sum += disk_.nodes.at(node).cached.size();
  }
  return sum;
}

std::uint64_t Machine::room() const {
  const std::uint64_t taken = capacity_ == std::numeric_limits<std::uint64_t>::max() ? 0 : used();
  return capacity_ > taken ? capacity_ - taken : 0;
}

Result<Handle> Machine::find_or_create(const std::string& path, OpenMode mode, std::string_view what) {
  const auto fail = [&](int os_code) -> Result<Handle> { return os_error(os_code, cat(what, " ", path)); };
  if (disk_.folders.contains(path)) {
    return fail(EISDIR);
  }
  auto name = disk_.names.find(path);
  if (name == disk_.names.end()) {
    if (mode != OpenMode::kCreate || !disk_.folders.contains(folder_of(path))) {
      return fail(ENOENT);
    }
    disk_.create(path);
    name = disk_.names.find(path);
  }
  ++open_[name->second];
  return Handle{name->second, epoch_};
}

Result<Handle> Machine::open(const std::string& given, OpenMode mode) {
  const std::string path = normal_path(given);
  if (const auto failure = enter(calls::kOpen)) {
    return os_error(failure->os_error, cat("open ", path));
  }
  return find_or_create(path, mode, "open");
}

void Machine::close(const Handle& handle) {
  if (handle.epoch != epoch_ || --open_.at(handle.node) > 0) {
    return;
  }
  open_.erase(handle.node);
  std::set<NodeId> kept;
  for (const auto& [node, handles] : open_) {
    kept.insert(node);
  }
  disk_.forget_nameless(kept);
}

Result<Handle> Machine::lock(const std::string& given) {
  const std::string path = normal_path(given);
  if (const auto failure = enter(calls::kLock)) {
    return os_error(failure->os_error, cat("lock ", path));
  }
  auto opened = find_or_create(path, OpenMode::kCreate, "lock");
  if (!opened) {
    return opened;
  }
  Node& node = disk_.nodes.at(opened->node);
  if (!locked_.insert(opened->node).second) {
    const std::string holder = node.cached.text(0, node.cached.text().find('\n'));
    close(*opened);
    return error(ErrorCode::kExists, cat("lock ", path, ": in use by process ", holder));
  }
  if (const std::string pid = cat(::getpid(), "\n"); node.cached.text() != pid) {
    node.truncate(0);
    node.write(0, pid);
  }
  return opened;
}

void Machine::unlock(const Handle& handle) {
  if (handle.epoch == epoch_) {
    locked_.erase(handle.node);
    close(handle);
  }
}

Status Machine::rename(const std::string& given_from, const std::string& given_to) {
  const std::string from = normal_path(given_from);
  const std::string to = normal_path(given_to);
  const auto fail = [&](int os_code) -> Status { return os_error(os_code, cat("rename ", from, " to ", to)); };
  if (const auto failure = enter(calls::kRename)) {
    return fail(failure->os_error);
  }
  if (disk_.folders.contains(from) || disk_.folders.contains(to)) {
    return fail(EISDIR);
  }
  if (!disk_.names.contains(from) || !disk_.folders.contains(folder_of(to))) {
    return fail(ENOENT);
  }
  disk_.rename(from, to);
  return {};
}

Status Machine::remove(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = enter(calls::kRemove);
  if (failure || !disk_.names.contains(path)) {
    const int os_code = failure ? failure->os_error : disk_.folders.contains(path) ? EISDIR : ENOENT;
    return os_error(os_code, cat("remove ", path));
  }
  disk_.remove(path);
  return {};
}

Status Machine::sync_directory(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = enter(calls::kSyncDirectory);
  if (failure || !disk_.folders.contains(path)) {
    return os_error(failure ? failure->os_error : ENOENT, cat("sync folder ", path));
  }
  disk_.sync_names(path);
  return {};
}

Result<std::vector<std::string>> Machine::list(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = enter(calls::kList);
  if (failure || !disk_.folders.contains(path)) {
    return os_error(failure ? failure->os_error : ENOENT, cat("list ", path));
  }
  std::vector<std::string> found;
  const auto take = [&](const std::string& child) {
    if (child != "/" && folder_of(child) == path) {
      found.push_back(child.substr(child.rfind('/') + 1));
    }
  };
  std::for_each(disk_.folders.begin(), disk_.folders.end(), take);
  std::for_each(disk_.names.begin(), disk_.names.end(), [&](const auto& name) { take(name.first); });
  return found;
}

void Machine::make_folders(const std::string& path, std::uint64_t at_most) {
  std::string folder;
  for (const std::string_view part : parts_of(path)) {
    folder.append("/").append(part);
    if (!disk_.folders.contains(folder) && at_most-- > 0) {
      disk_.folders.insert(folder);
    } else if (!disk_.folders.contains(folder)) {
      return;
    }
  }
}

Status Machine::make_directories(const std::string& given) {
  const std::string path = normal_path(given);
  const auto fail = [&](int os_code) -> Status { return os_error(os_code, cat("make folder ", path)); };
  const auto failure = enter(calls::kMakeDirectories);
  if (failure && !failure->partial) {
    return fail(failure->os_error);
  }
  if (disk_.names.contains(path)) {
    return fail(EEXIST);
  }
  for (std::string parent = path; parent != "/"; parent = folder_of(parent)) {
    if (disk_.names.contains(parent)) {
      return fail(ENOTDIR);
    }
  }
  if (failure) {
    make_folders(path, random_.below(parts_of(path).size() + 1));
    return fail(failure->os_error);
  }
  make_folders(path, std::numeric_limits<std::uint64_t>::max());
  return {};
}

Result<Bytes> Machine::free_space(const std::string& given) {
  const std::string path = normal_path(given);
  const auto failure = enter(calls::kFreeSpace);
  if (failure || (!disk_.folders.contains(path) && !disk_.names.contains(path))) {
    return os_error(failure ? failure->os_error : ENOENT, cat("free space of ", path));
  }
  return Bytes{room()};
}

Result<std::size_t> Machine::read(const Handle& handle, const std::string& path, std::uint64_t offset,
                                  MutableBytes out) {
  const Node* node = alive(handle);
  const std::optional<Failure> failure = node == nullptr ? Failure{EIO, false} : enter(calls::kRead);
  if (failure) {
    return os_error(failure->os_error, cat("read ", path));
  }
  for (const BadPlace& bad : bad_places_) {
    if (bad.node == handle.node && offset < bad.end && bad.begin < offset + out.size()) {
      ++faults_hit_;
      return os_error(EIO, cat("read ", path));
    }
  }
  return node->cached.read(offset, out.size(), reinterpret_cast<char*>(out.data()));
}

void Machine::make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  bad_places_.push_back({disk_.names.at(normal_path(path)), offset, offset + length});
}

Status Machine::write(const Handle& handle, const std::string& path, std::uint64_t offset,
                      std::span<const ConstBytes> parts) {
  Node* node = alive(handle);
  std::optional<Failure> failure = node == nullptr ? Failure{EIO, false} : enter(calls::kWrite);
  std::string bytes = join(parts);
  if (offset > kMaxFileSize || bytes.size() > kMaxFileSize - offset) {
    return os_error(EFBIG, cat("write ", path));
  }
  if (failure) {
    bytes.resize(failure->partial ? random_.below(bytes.size() + 1) : 0);
  }
  if (!bytes.empty()) {
    const std::uint64_t limit = node->cached.size() + std::min(room(), kMaxFileSize);
    if (offset + bytes.size() > limit) {
      bytes.resize(limit > offset ? limit - offset : 0);
      failure = failure ? failure : Failure{ENOSPC, true};
    }
  }
  if (!bytes.empty()) {
    node->write(offset, bytes);
  }
  return failure ? Status(os_error(failure->os_error, cat("write ", path))) : Status();
}

Status Machine::sync_data(const Handle& handle, const std::string& path) {
  Node* node = alive(handle);
  const std::optional<Failure> failure = node == nullptr ? Failure{EIO, false} : enter(calls::kSyncData);
  if (node != nullptr && failed_syncs_.contains(handle.node)) {
    synced_after_failure_.insert(path);
  }
  if (failure) {
    if (node != nullptr) {
      failed_syncs_.insert(handle.node);
    }
    if (failure->partial) {
      disk_.spoil_sync(*node, random_);
    }
    return os_error(failure->os_error, cat("sync ", path));
  }
  node->sync();
  return {};
}

Status Machine::truncate(const Handle& handle, const std::string& path, std::uint64_t size) {
  Node* node = alive(handle);
  std::optional<Failure> failure = node == nullptr ? Failure{EIO, false} : enter(calls::kTruncate);
  if (!failure && size > kMaxFileSize) {
    failure = Failure{EFBIG, false};
  } else if (!failure && size > node->cached.size() && size - node->cached.size() > room()) {
    failure = Failure{ENOSPC, false};
  }
  if (failure) {
    return os_error(failure->os_error, cat("truncate ", path));
  }
  node->truncate(size);
  return {};
}

Result<std::uint64_t> Machine::size(const Handle& handle, const std::string& path) {
  const Node* node = alive(handle);
  const std::optional<Failure> failure = node == nullptr ? Failure{EIO, false} : enter(calls::kSize);
  if (failure) {
    return os_error(failure->os_error, cat("size of ", path));
  }
  return node->cached.size();
}

Result<FileIdentity> Machine::identity(const Handle& handle, const std::string& path) {
  const std::optional<Failure> failure = alive(handle) == nullptr ? Failure{EIO, false} : enter(calls::kIdentity);
  if (failure) {
    return os_error(failure->os_error, cat("identity of ", path));
  }
  const auto names = std::count_if(disk_.names.begin(), disk_.names.end(),
                                   [&](const auto& name) { return name.second == handle.node; });
  return FileIdentity{1, handle.node, static_cast<std::uint64_t>(names)};
}

void Machine::restart() {
  ++epoch_;
  failed_syncs_.clear();
  open_.clear();
  locked_.clear();
  disarm();
  powered_off_ = false;
  disk_.forget_nameless({});
}

void Machine::restart(const Disk& disk) {
  disk_ = disk;
  restart();
}

void Machine::cut_power(Random& random) {
  disk_.cut_power(random);
  restart();
}
void Machine::cut_power(Choices& choices) {
  disk_.cut_power(choices);
  restart();
}

std::uint64_t Machine::operations(Calls kinds) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    sum += (kinds >> i & 1U) != 0 ? counts_[i] : 0;
  }
  return sum;
}

Node& Machine::node_at(const std::string& path) {
  const auto name = disk_.names.find(normal_path(path));
  RESPAND_CHECK(name != disk_.names.end());
  return disk_.nodes.at(name->second);
}

void Machine::set_content(const std::string& given, std::string_view content) {
  const std::string path = normal_path(given);
  if (!disk_.names.contains(path)) {
    make_folders(folder_of(path), std::numeric_limits<std::uint64_t>::max());
    disk_.create(path);
    disk_.sync_names(folder_of(path));
  }
  Node& node = node_at(path);
  node.durable = Content(content);
  node.cached = node.durable;
  node.unsynced.clear();
}

}  // namespace respand::fs
