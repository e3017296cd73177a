#include "tests/support/fs/fault_file_calls.h"

#include <algorithm>
#include <cerrno>

#include "respand/base/text.h"
#include "respand/base/units.h"

namespace respand::fs {
namespace {

// More than any test writes; a wild offset must not take the machine's memory.
constexpr std::uint64_t kMaxFileSize = gibibytes(1).value;

std::string join(std::span<const ConstBytes> parts) {
  std::string joined;
  for (const ConstBytes part : parts) {
    joined.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return joined;
}

}  // namespace

Node* OpenFileCalls::alive(const Handle& handle) {
  return state_.open.alive(handle) ? &state_.disk.nodes.at(handle.node) : nullptr;
}

std::optional<FaultPlan::Failure> OpenFileCalls::enter(const Handle& handle, Calls kind) {
  return state_.open.alive(handle) ? state_.plan.enter(kind) : FaultPlan::Failure{EIO, false};
}

Result<std::size_t> OpenFileCalls::read(const Handle& handle, const std::string& path, std::uint64_t offset,
                                        MutableBytes out) {
  if (const auto failure = enter(handle, calls::kRead)) {
    return os_error(failure->os_error, cat("read ", path));
  }
  if (state_.plan.reads_bad_place(handle.node, offset, offset + out.size())) {
    return os_error(EIO, cat("read ", path));
  }
  return alive(handle)->cached.read(offset, out.size(), reinterpret_cast<char*>(out.data()));
}

Status OpenFileCalls::write(const Handle& handle, const std::string& path, std::uint64_t offset,
                            std::span<const ConstBytes> parts) {
  std::optional<FaultPlan::Failure> failure = enter(handle, calls::kWrite);
  std::string bytes = join(parts);
  if (offset > kMaxFileSize || bytes.size() > kMaxFileSize - offset) {
    return os_error(EFBIG, cat("write ", path));
  }
  if (failure) {
    bytes.resize(failure->partial ? state_.random.below(bytes.size() + 1) : 0);
  }
  if (!bytes.empty()) {
    Node& node = *alive(handle);
    const std::uint64_t limit = node.cached.size() + std::min(state_.room(), kMaxFileSize);
    if (offset + bytes.size() > limit) {
      bytes.resize(limit > offset ? limit - offset : 0);
      failure = failure ? failure : FaultPlan::Failure{ENOSPC, true};
    }
    if (!bytes.empty()) {
      node.write(offset, bytes);
    }
  }
  return failure ? Status(os_error(failure->os_error, cat("write ", path))) : Status();
}

Status OpenFileCalls::sync_data(const Handle& handle, const std::string& path) {
  const std::optional<FaultPlan::Failure> failure = enter(handle, calls::kSyncData);
  Node* const node = alive(handle);
  if (node != nullptr && failed_syncs_.contains(handle.node)) {
    synced_after_failure_.insert(path);
  }
  if (failure) {
    if (node != nullptr) {
      failed_syncs_.insert(handle.node);
    }
    if (failure->partial) {
      state_.disk.spoil_sync(*node, state_.random);
    }
    return os_error(failure->os_error, cat("sync ", path));
  }
  node->sync();
  return {};
}

Status OpenFileCalls::truncate(const Handle& handle, const std::string& path, std::uint64_t size) {
  Node* const node = alive(handle);
  std::optional<FaultPlan::Failure> failure = enter(handle, calls::kTruncate);
  if (!failure && size > kMaxFileSize) {
    failure = FaultPlan::Failure{EFBIG, false};
  } else if (!failure && size > node->cached.size() && size - node->cached.size() > state_.room()) {
    failure = FaultPlan::Failure{ENOSPC, false};
  }
  if (failure) {
    return os_error(failure->os_error, cat("truncate ", path));
  }
  node->truncate(size);
  return {};
}

Result<std::uint64_t> OpenFileCalls::size(const Handle& handle, const std::string& path) {
  if (const auto failure = enter(handle, calls::kSize)) {
    return os_error(failure->os_error, cat("size of ", path));
  }
  return alive(handle)->cached.size();
}

Result<FileIdentity> OpenFileCalls::identity(const Handle& handle, const std::string& path) {
  if (const auto failure = enter(handle, calls::kIdentity)) {
    return os_error(failure->os_error, cat("identity of ", path));
  }
  return FileIdentity{1, handle.node, state_.disk.names_of(handle.node)};
}

Result<FileInfo> OpenFileCalls::info(const Handle& handle) {
  if (const auto failure = enter(handle, calls::kLook)) {
    return os_error(failure->os_error, "info");
  }
  return state_.info_of(handle.node);
}

Result<FileBirth> OpenFileCalls::birth(const Handle& handle) {
  if (const auto failure = enter(handle, calls::kLook)) {
    return os_error(failure->os_error, "birth");
  }
  return FileBirth{static_cast<std::int64_t>(handle.node), 0};  // No inode is ever used again.
}

Writers OpenFileCalls::writers(const Handle& handle) {
  if (enter(handle, calls::kWriters)) {
    return Writers::kUnknown;
  }
  return state_.open.written_to(handle.node) ? Writers::kSome : Writers::kNone;
}

}  // namespace respand::fs
