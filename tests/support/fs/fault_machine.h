#pragma once
// Machine: what stands between FaultFileSystem's calls and its Disk. The state that all calls work on, the calls on
// names, the calls on open files, those on open folders, and what a test does to the machine behind their back.
// FaultFileSystem holds it under its mutex; nobody else uses it.

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/random.h"
#include "tests/support/fs/fault_disk.h"
#include "tests/support/fs/fault_file_calls.h"
#include "tests/support/fs/fault_folder_calls.h"
#include "tests/support/fs/fault_name_calls.h"
#include "tests/support/fs/machine_state.h"

namespace respand::fs {

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] NameCalls& names() { return names_; }
  [[nodiscard]] OpenFileCalls& files() { return files_; }
  [[nodiscard]] FolderCalls& folders() { return folders_; }
  [[nodiscard]] FaultPlan& plan() { return state_.plan; }
  [[nodiscard]] const FaultPlan& plan() const { return state_.plan; }
  [[nodiscard]] const Disk& disk() const { return state_.disk; }
  [[nodiscard]] const OpenFileCalls& files() const { return files_; }

  // Everything that was open or about to fail is over; the disk is `disk`, or what it was.
  void restart();
  void restart(const Disk& disk);
  void cut_power(Random& random);
  void cut_power(Choices& choices);

  // The file at `path`, which must exist.
  [[nodiscard]] Node& node_at(const std::string& path);
  [[nodiscard]] NodeId node_id_at(const std::string& path) const;
  void set_content(const std::string& path, std::string_view content);
  void set_capacity(std::uint64_t bytes) { state_.capacity = bytes; }
  [[nodiscard]] std::uint64_t used() const { return state_.used(); }

 private:
  MachineState state_;
  NameCalls names_{state_};
  OpenFileCalls files_{state_};
  FolderCalls folders_{state_};
};

}  // namespace respand::fs
