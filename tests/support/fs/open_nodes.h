#pragma once
// OpenNodes: which files of the disk behind FaultFileSystem are open or locked, and whether a handle is still good: a
// crash ends all of them. Part of Machine, under its mutex.

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/support/fs/fault_disk.h"

namespace respand::fs {

// An open file or a lock, good for one epoch: from one start of the machine to the next crash.
struct Handle {
  NodeId node = 0;
  std::uint64_t epoch = 0;
  bool writable = false;
};

class OpenNodes {
 public:
  [[nodiscard]] Handle open(NodeId node, bool writable);
  // True where it was the last handle of its file.
  [[nodiscard]] bool close(const Handle& handle);
  // False where it is locked already.
  [[nodiscard]] bool lock(NodeId node) { return locked_.insert(node).second; }
  void unlock(NodeId node) { locked_.erase(node); }

  [[nodiscard]] bool lock_folder(const std::string& path) { return locked_folders_.insert(path).second; }
  void unlock_folder(const std::string& path) { locked_folders_.erase(path); }

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] bool alive(std::uint64_t epoch) const { return epoch == epoch_; }
  [[nodiscard]] bool alive(const Handle& handle) const { return alive(handle.epoch); }
  // Whether anybody has the file open for writing.
  [[nodiscard]] bool written_to(NodeId node) const { return writers_.contains(node); }
  // The files with handles.
  [[nodiscard]] std::set<NodeId> nodes() const;
  // The machine starts anew: no handle from before is good any more.
  void begin_epoch();

 private:
  std::uint64_t epoch_ = 1;
  std::map<NodeId, std::uint64_t> handles_;  // how many of this epoch
  std::multiset<NodeId> writers_;            // those of them that may write
  std::set<NodeId> locked_;
  std::set<std::string> locked_folders_;
};

}  // namespace respand::fs
