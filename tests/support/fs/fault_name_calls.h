#pragma once
// NameCalls: the calls of FaultFileSystem that take a path. Part of Machine, under its mutex.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"
#include "tests/support/fs/machine_state.h"

namespace respand::fs {

class NameCalls {
 public:
  // `state` is borrowed.
  explicit NameCalls(MachineState& state) : state_(state) {}

  [[nodiscard]] Result<Handle> open(const std::string& path, OpenMode mode);
  [[nodiscard]] Result<Handle> lock(const std::string& path);
  void unlock(const Handle& handle);
  [[nodiscard]] Status rename(const std::string& from, const std::string& to);
  [[nodiscard]] Status remove(const std::string& path);
  [[nodiscard]] Status sync_directory(const std::string& path);
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path);
  [[nodiscard]] Status make_directories(const std::string& path);
  [[nodiscard]] Result<Bytes> free_space(const std::string& path);

 private:
  [[nodiscard]] Result<Handle> find_or_create(const std::string& path, OpenMode mode, std::string_view what);

  MachineState& state_;
};

}  // namespace respand::fs
