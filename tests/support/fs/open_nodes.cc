#include "tests/support/fs/open_nodes.h"

namespace respand::fs {

Handle OpenNodes::open(NodeId node) {
  ++handles_[node];
  return {node, epoch_};
}

bool OpenNodes::close(const Handle& handle) {
  if (!alive(handle) || --handles_.at(handle.node) > 0) {
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
  locked_.clear();
}

}  // namespace respand::fs
