#pragma once
// OpenNodes: which files of the disk behind FaultFileSystem are open or locked, and whether a handle is still good: a
// crash ends all of them. Part of Machine, under its mutex.

#include <cstdint>
#include <map>
#include <set>

#include "tests/support/fs/fault_disk.h"

namespace respand::fs {

// An open file or a lock, good for one epoch: from one start of the machine to the next crash.
struct Handle {
  NodeId node = 0;
  std::uint64_t epoch = 0;
};

class OpenNodes {
 public:
  [[nodiscard]] Handle open(NodeId node);
  // True where it was the last handle of its file.
  [[nodiscard]] bool close(const Handle& handle);
  // False where it is locked already.
  [[nodiscard]] bool lock(NodeId node) { return locked_.insert(node).second; }
  void unlock(NodeId node) { locked_.erase(node); }

  [[nodiscard]] bool alive(const Handle& handle) const { return handle.epoch == epoch_; }
  // The files with handles.
  [[nodiscard]] std::set<NodeId> nodes() const;
  // The machine starts anew: no handle from before is good any more.
  void begin_epoch();

 private:
  std::uint64_t epoch_ = 1;
  std::map<NodeId, std::uint64_t> handles_;  // how many of this epoch
  std::set<NodeId> locked_;
};

}  // namespace respand::fs
