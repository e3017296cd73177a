#include "tests/support/fs/open_nodes.h"

namespace respand::fs {

Handle OpenNodes::open(NodeId node, bool writable) {
  ++handles_[node];
  if (writable) {
    writers_.insert(node);
  }
  return {node, epoch_, writable};
}

bool OpenNodes::close(const Handle& handle) {
  if (!alive(handle)) {
    return false;
  }
  if (handle.writable) {
    writers_.erase(writers_.find(handle.node));
  }
  if (--handles_.at(handle.node) > 0) {
    return false;
  }
  handles_.erase(handle.node);
  return true;
}

std::set<NodeId> OpenNodes::nodes() const {
  std::set<NodeId> nodes;
  for (const auto& [node, handles] : handles_) {
    nodes.insert(node);
  }
  return nodes;
}

void OpenNodes::begin_epoch() {
  ++epoch_;
  handles_.clear();
  writers_.clear();
  locked_.clear();
  locked_folders_.clear();
}

}  // namespace respand::fs
