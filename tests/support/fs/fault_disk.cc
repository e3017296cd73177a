#include "tests/support/fs/fault_disk.h"

#include <algorithm>
#include <utility>

#include "respand/base/check.h"
#include "tests/support/fs/fault_sectors.h"

namespace respand::fs {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0 && path.substr(0, slash) != ".") {
      parts.push_back(path.substr(0, slash));
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

}  // namespace

std::string normal_path(const std::string& path) {
  std::string normal;
  for (const std::string_view part : parts_of(path)) {
    RESPAND_CHECK(part != "..");
    normal.append("/").append(part);
  }
  return normal.empty() ? "/" : normal;
}

void NameChange::land(std::map<std::string, NodeId>& names) const {
  if (!removed.empty()) {
    names.erase(removed);
  }
  if (!added.empty()) {
    names[added] = node;
  }
}

bool NameChange::touches(const std::set<std::string>& paths) const {
  return paths.contains(removed) || paths.contains(added);
}

void NameChange::note(std::set<std::string>& paths) const {
  for (const std::string* path : {&removed, &added}) {
    if (!path->empty()) {
      paths.insert(*path);
    }
  }
}

void Node::write(std::uint64_t offset, std::string_view bytes) {
  cached.write(offset, bytes);
  ++modified;
  unsynced.push_back({offset, std::string(bytes), cached.size(), false});
}

void Node::truncate(std::uint64_t size) {
  cached.resize(size);
  ++modified;
  unsynced.push_back({0, {}, size, true});
}

void Node::sync() {
  for (const Change& change : unsynced) {
    if (change.truncation) {
      durable.resize(change.size_after);
    } else {
      durable.write(change.offset, change.bytes);
    }
  }
  // Not `cached`: writes that a failed sync forgot are in there, and stay forgotten.
  durable.resize(cached.size());
  unsynced.clear();
}

void Disk::make_folders(const std::string& path, std::uint64_t at_most) {
  std::string folder;
  for (const std::string_view part : parts_of(path)) {
    folder.append("/").append(part);
    if (folders.contains(folder)) {
      continue;
    }
    if (at_most-- == 0) {
      return;
    }
    folders.insert(folder);
  }
}

void Disk::make_unsynced_folder(const std::string& path) {
  folders.insert(path);
  unsynced_folders.insert(path);
}

std::vector<std::string> Disk::names_in(const std::string& folder) const {
  std::vector<std::string> found;
  const auto take = [&](const std::string& path) {
    if (path != "/" && folder_of(path) == folder) {
      found.push_back(path.substr(path.rfind('/') + 1));
    }
  };
  std::for_each(folders.begin(), folders.end(), take);
  std::for_each(names.begin(), names.end(), [&](const auto& name) { take(name.first); });
  return found;
}

std::uint64_t Disk::names_of(NodeId node) const {
  return static_cast<std::uint64_t>(
      std::count_if(names.begin(), names.end(), [&](const auto& name) { return name.second == node; }));
}

NodeId Disk::create(const std::string& path) {
  const NodeId node = next_node++;
  nodes.emplace(node, Node{}).first->second.modified = static_cast<std::int64_t>(node) * 1'000'000;
  names[path] = node;
  unsynced_names.push_back({{}, path, node, true, false});
  return node;
}

void Disk::rename(const std::string& from, const std::string& to) {
  const NodeId node = names.at(from);
  if (from != to) {
    unsynced_names.push_back({from, to, node, false, false});
    unsynced_names.back().land(names);
  }
}

void Disk::remove(const std::string& path) {
  unsynced_names.push_back({path, {}, 0, false, true});
  unsynced_names.back().land(names);
}

void Disk::sync_names(const std::string& folder) {
  std::erase_if(unsynced_folders, [&](const std::string& path) { return folder_of(path) == folder; });
  for (NameChange& change : unsynced_names) {
    change.removed_synced |= !change.removed.empty() && folder_of(change.removed) == folder;
    change.added_synced |= !change.added.empty() && folder_of(change.added) == folder;
  }
  // A change that is durable takes those before it that share a name along.
  std::set<std::string> durable_paths;
  std::vector<bool> landed(unsynced_names.size());
  for (std::size_t i = unsynced_names.size(); i-- > 0;) {
    const NameChange& change = unsynced_names[i];
    landed[i] = (change.removed_synced && change.added_synced) || change.touches(durable_paths);
    if (landed[i]) {
      change.note(durable_paths);
    }
  }
  std::vector<NameChange> left;
  for (std::size_t i = 0; i < unsynced_names.size(); ++i) {
    if (landed[i]) {
      unsynced_names[i].land(durable_names);
    } else {
      left.push_back(std::move(unsynced_names[i]));
    }
  }
  unsynced_names = std::move(left);
}

void Disk::spoil_sync(Node& node, Random& random) {
  std::vector<Change> kept;
  for (Change& change : node.unsynced) {
    // Once a change is kept, so are those behind it: they must not land below it.
    const std::uint64_t fate = kept.empty() ? random.below(4) : 0;
    if (fate == 0 || change.truncation) {
      kept.push_back(std::move(change));
      continue;
    }
    for_each_sector(change, [&](std::uint64_t sector) {
      if (fate == 1 || (fate == 2 && random.below(2) == 0)) {
        const Piece piece = piece_of(change, sector);
        node.durable.write(piece.offset, piece.bytes);
      }
    });
  }
  node.unsynced = std::move(kept);
}

void Disk::forget_nameless(const std::set<NodeId>& kept) {
  std::set<NodeId> named = kept;
  for (const auto* map : {&names, &durable_names}) {
    for (const auto& [path, node] : *map) {
      named.insert(node);
    }
  }
  for (const NameChange& change : unsynced_names) {
    named.insert(change.node);
  }
  std::erase_if(nodes, [&](const auto& entry) { return !named.contains(entry.first); });
}

}  // namespace respand::fs
