#pragma once
// OpenFileCalls: the calls of FaultFileSystem on a file that is open. Part of Machine, under its mutex.

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "respand/base/result.h"
#include "respand/fs/file_system.h"
#include "respand/fs/identity.h"
#include "tests/support/fs/machine_state.h"

namespace respand::fs {

class OpenFileCalls {
 public:
  // `state` is borrowed.
  explicit OpenFileCalls(MachineState& state) : state_(state) {}

  // `path` is the name that the file was opened by, for messages.
  [[nodiscard]] Result<std::size_t> read(const Handle& handle, const std::string& path, std::uint64_t offset,
                                         MutableBytes out);
  [[nodiscard]] Status write(const Handle& handle, const std::string& path, std::uint64_t offset,
                             std::span<const ConstBytes> parts);
  [[nodiscard]] Status sync_data(const Handle& handle, const std::string& path);
  [[nodiscard]] Status truncate(const Handle& handle, const std::string& path, std::uint64_t size);
  [[nodiscard]] Result<std::uint64_t> size(const Handle& handle, const std::string& path);
  [[nodiscard]] Result<FileIdentity> identity(const Handle& handle, const std::string& path);
  [[nodiscard]] Result<FileInfo> info(const Handle& handle);
  [[nodiscard]] Result<FileBirth> birth(const Handle& handle);
  [[nodiscard]] Writers writers(const Handle& handle);
  void close(const Handle& handle) { state_.close(handle); }

  [[nodiscard]] const std::set<std::string>& synced_after_failure() const { return synced_after_failure_; }
  void begin_epoch() { failed_syncs_.clear(); }

 private:
  // Null where the power was cut since the handle was made.
  [[nodiscard]] Node* alive(const Handle& handle);
  // Counts the call; its failure, where there is one or the file is dead.
  [[nodiscard]] std::optional<FaultPlan::Failure> enter(const Handle& handle, Calls kind);

  MachineState& state_;
  std::set<NodeId> failed_syncs_;  // of this epoch
  std::set<std::string> synced_after_failure_;
};

}  // namespace respand::fs
