#include "tests/support/fs/fault_machine.h"

#include <limits>

#include "respand/base/check.h"

namespace respand::fs {

void Machine::restart() {
  state_.open.begin_epoch();
  files_.begin_epoch();
  state_.plan.disarm();
  state_.plan.power_on();
  state_.disk.forget_nameless({});
}

void Machine::restart(const Disk& disk) {
  state_.disk = disk;
  restart();
}

void Machine::cut_power(Random& random) {
  state_.disk.cut_power(random);
  restart();
}
void Machine::cut_power(Choices& choices) {
  state_.disk.cut_power(choices);
  restart();
}

NodeId Machine::node_id_at(const std::string& path) const {
  const auto name = state_.disk.names.find(normal_path(path));
  RESPAND_CHECK(name != state_.disk.names.end());
  return name->second;
}

Node& Machine::node_at(const std::string& path) { return state_.disk.nodes.at(node_id_at(path)); }

void Machine::set_content(const std::string& given, std::string_view content) {
  const std::string path = normal_path(given);
  if (!state_.disk.names.contains(path)) {
    state_.disk.make_folders(folder_of(path), std::numeric_limits<std::uint64_t>::max());
    state_.disk.create(path);
    state_.disk.sync_names(folder_of(path));
  }
  Node& node = node_at(path);
  node.durable = Content(content);
  node.cached = node.durable;
  node.unsynced.clear();
  ++node.modified;
}

}  // namespace respand::fs
