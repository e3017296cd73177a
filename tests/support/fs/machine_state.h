#pragma once
// MachineState: what FaultFileSystem's calls work on: the disk and how full it may be, what is open, what is to fail.
// Shared by the parts of Machine, under its mutex.

#include <unistd.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "respand/base/random.h"
#include "respand/fs/directory.h"
#include "tests/support/fs/fault_disk.h"
#include "tests/support/fs/fault_plan.h"
#include "tests/support/fs/open_nodes.h"

namespace respand::fs {

struct MachineState {
  explicit MachineState(std::uint64_t seed) : random(seed) {}

  // The sum of the sizes of all files that have a name or are open.
  [[nodiscard]] std::uint64_t used() const {
    std::set<NodeId> counted = open.nodes();
    for (const auto& [path, node] : disk.names) {
      counted.insert(node);
    }
    std::uint64_t sum = 0;
    for (const NodeId node : counted) {
      sum += disk.nodes.at(node).cached.size();
    }
    return sum;
  }
  // Bytes that may still be written.
  [[nodiscard]] std::uint64_t room() const {
    const std::uint64_t taken = capacity == std::numeric_limits<std::uint64_t>::max() ? 0 : used();
    return capacity > taken ? capacity - taken : 0;
  }
  // What a file is: it has the daemon's own user, and a time that moves with each write.
  [[nodiscard]] FileInfo info_of(NodeId id) const {
    const Node& node = disk.nodes.at(id);
    FileInfo info;
    info.type = FileInfo::Type::kRegular;
    info.identity = {1, id, disk.names_of(id)};
    info.owner = ::geteuid();
    info.size = info.room = node.cached.size();
    info.modified = info.changed = node.modified;
    return info;
  }
  // Ends a handle; a file that has no name and no other handle is gone then.
  void close(const Handle& handle) {
    if (open.close(handle)) {
      disk.forget_nameless(open.nodes());
    }
  }

  Disk disk;
  FaultPlan plan;
  OpenNodes open;
  SeededRandom random;  // what a call that fails has done in part
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace respand::fs
