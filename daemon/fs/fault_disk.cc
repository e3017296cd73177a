#include "fs/fault_disk.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace respand::fs {
namespace {

// How much of what was not synced survives. Extremes are drawn as often as mixtures: with many changes, coins alone
// would never show all of them gone or all of them there.
struct Luck {
  std::uint64_t landing;  // of 8 changes
  std::uint64_t torn;     // of 8 of the others
};

Luck draw_luck(Random& random) {
  switch (random.below(6)) {
    case 0:
      return {0, 0};
    case 1:
      return {8, 0};
    case 2:
      return {0, 8};
    case 3:
      return {7, 4};
    default:
      return {4, 4};
  }
}

// The part of a write that lies in a sector.
struct Piece {
  std::uint64_t offset;
  std::string_view bytes;
};

Piece piece_of(const Change& change, std::uint64_t sector) {
  const std::uint64_t first = std::max(change.offset, sector * kSectorSize);
  const std::uint64_t last = std::min(change.offset + change.bytes.size(), (sector + 1) * kSectorSize);
  return {first, std::string_view(change.bytes).substr(first - change.offset, last - first)};
}

template <typename F>
void for_each_sector(const Change& change, F&& use) {
  if (change.bytes.empty()) {
    return;
  }
  for (auto sector = change.offset / kSectorSize; sector <= (change.offset + change.bytes.size() - 1) / kSectorSize;
       ++sector) {
    use(sector);
  }
}

// For each sector, how many of the changes its last writing to the platter included.
using Versions = std::unordered_map<std::uint64_t, std::size_t>;

Versions draw_versions(const std::vector<Change>& changes, Luck luck, Random& random) {
  Versions versions;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const bool lands = random.below(8) < luck.landing;
    const bool torn = !lands && random.below(8) < luck.torn;
    for_each_sector(changes[i], [&](std::uint64_t sector) {
      if (lands || (torn && random.below(2) == 0)) {
        versions[sector] = i + 1;
      }
    });
  }
  return versions;
}

std::size_t draw_sizes_landed(std::size_t changes, Luck luck, Random& random) {
  if (luck.torn == 0) {
    return luck.landing == 0 ? 0 : changes;
  }
  return random.below(changes + 1);
}

// What of another file's bytes shows up in a sector that was gained: those of the same place, or as if that file went
// on and on.
std::string old_bytes(const Content& old, std::uint64_t at, std::size_t length) {
  const std::uint64_t sector = at / kSectorSize * kSectorSize;
  const std::uint64_t whole = old.size() < kSectorSize ? kSectorSize : old.size() / kSectorSize * kSectorSize;
  std::string bytes = old.text(sector % whole + at - sector, length);
  bytes.resize(length, '\0');
  return bytes;
}

// What the drive may hold in the part of a sector that the file gained and that nothing was written to.
std::string gained_bytes(std::uint64_t at, std::size_t length, const std::vector<Content>& old_blocks, Random& random) {
  const std::uint64_t kind = random.below(3);
  if (kind == 2 && !old_blocks.empty()) {
    return old_bytes(old_blocks[random.below(old_blocks.size())], at, length);
  }
  std::string bytes(length, '\0');
  if (kind != 0) {
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random.below(256)); });
  }
  return bytes;
}

// What a power cut leaves of the changes to a file.
struct Landing {
  Versions versions;
  std::size_t sizes = 0;  // changes that the file's size includes
};

// `gained_content` is asked for each sector that was gained and not written: what its part in the file holds.
template <typename F>
Content content_after_power_cut(const Node& node, Landing landing, F&& gained_content) {
  auto& versions = landing.versions;  // not a structured binding: clang 14 lets no lambda capture one
  const auto sizes_landed = landing.sizes;
  Content content = node.durable;
  std::set<std::uint64_t> gained;
  std::uint64_t preserved = content.size();  // what lies behind was allocated anew
  for (std::size_t i = 0; i < node.unsynced.size(); ++i) {
    const Change& change = node.unsynced[i];
    if (change.truncation && i < sizes_landed) {
      content.resize(std::min<std::uint64_t>(content.size(), change.size_after));
      preserved = std::min(preserved, change.size_after);
    }
    for_each_sector(change, [&](std::uint64_t sector) {
      if (i < versions[sector]) {
        const Piece piece = piece_of(change, sector);
        content.write(piece.offset, piece.bytes);
      } else if (versions[sector] == 0 && sector * kSectorSize >= preserved) {
        gained.insert(sector);
      }
    });
  }
  content.resize(sizes_landed == 0 ? node.durable.size() : node.unsynced[sizes_landed - 1].size_after);
  for (const std::uint64_t sector : gained) {
    const std::uint64_t begin = sector * kSectorSize;
    if (begin < content.size()) {
      content.write(begin, gained_content(begin, std::min<std::uint64_t>(content.size() - begin, kSectorSize)));
    }
  }
  return content;
}

Content random_content(const Node& node, const std::vector<Content>& old_blocks, Random& random) {
  const Luck luck = draw_luck(random);
  Landing landing{draw_versions(node.unsynced, luck, random), 0};
  landing.sizes = draw_sizes_landed(node.unsynced.size(), luck, random);
  return content_after_power_cut(node, std::move(landing), [&](std::uint64_t at, std::size_t length) {
    return gained_bytes(at, length, old_blocks, random);
  });
}

Versions choose_versions(const std::vector<Change>& changes, Choices& choices) {
  std::map<std::uint64_t, std::vector<std::size_t>> touches;  // sector -> the changes that touched it
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for_each_sector(changes[i], [&](std::uint64_t sector) { touches[sector].push_back(i + 1); });
  }
  Versions versions;
  std::map<std::vector<std::size_t>, std::size_t> together;
  for (const auto& [sector, by] : touches) {
    const auto chosen = [&by = by, &choices] {
      const std::uint64_t way = choices.choose(by.size() + 1);
      return way == 0 ? 0 : by[way - 1];
    };
    if (versions.size() < kFreeSectors) {
      versions[sector] = chosen();
      continue;
    }
    const auto [group, is_new] = together.try_emplace(by, 0);
    if (is_new) {
      group->second = chosen();
    }
    versions[sector] = group->second;
  }
  return versions;
}

std::size_t choose_sizes_landed(const std::vector<Change>& changes, std::uint64_t size, Choices& choices) {
  std::vector<std::size_t> different{0};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].truncation || changes[i].size_after != size) {
      different.push_back(i + 1);
      size = changes[i].size_after;
    }
  }
  return different[choices.choose(different.size())];
}

Content chosen_content(const Node& node, const std::vector<Content>& old_blocks, Choices& choices) {
  Landing landing{choose_versions(node.unsynced, choices), 0};
  landing.sizes = choose_sizes_landed(node.unsynced, node.durable.size(), choices);
  // One filling for all sectors of a file: zeros, ones, or another file's at the same place.
  std::optional<std::uint64_t> filling;
  return content_after_power_cut(node, std::move(landing), [&](std::uint64_t at, std::size_t length) {
    if (!filling) {
      filling = choices.choose(2 + old_blocks.size());
    }
    return *filling > 1 ? old_bytes(old_blocks[*filling - 2], at, length)
                        : std::string(length, *filling == 0 ? '\0' : '\xff');
  });
}

void land(const NameChange& change, std::map<std::string, NodeId>& names) {
  if (!change.removed.empty()) {
    names.erase(change.removed);
  }
  if (!change.added.empty()) {
    names[change.added] = change.node;
  }
}

bool touches(const NameChange& change, const std::set<std::string>& paths) {
  return paths.contains(change.removed) || paths.contains(change.added);
}

void note(const NameChange& change, std::set<std::string>& paths) {
  for (const std::string* path : {&change.removed, &change.added}) {
    if (!path->empty()) {
      paths.insert(*path);
    }
  }
}

}  // namespace

void Node::write(std::uint64_t offset, std::string_view bytes) {
  cached.write(offset, bytes);
  unsynced.push_back({offset, std::string(bytes), cached.size(), false});
}

void Node::truncate(std::uint64_t size) {
  cached.resize(size);
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

NodeId Disk::create(const std::string& path) {
  const NodeId node = next_node++;
  nodes.emplace(node, Node{});
  names[path] = node;
  unsynced_names.push_back({{}, path, node, true, false});
  return node;
}

void Disk::rename(const std::string& from, const std::string& to) {
  const NodeId node = names.at(from);
  if (from != to) {
    unsynced_names.push_back({from, to, node, false, false});
    land(unsynced_names.back(), names);
  }
}

void Disk::remove(const std::string& path) {
  unsynced_names.push_back({path, {}, 0, false, true});
  land(unsynced_names.back(), names);
}

void Disk::sync_names(const std::string& folder) {
  for (NameChange& change : unsynced_names) {
    change.removed_synced |= !change.removed.empty() && folder_of(change.removed) == folder;
    change.added_synced |= !change.added.empty() && folder_of(change.added) == folder;
  }
  // A change that is durable takes those before it that share a name along.
  std::set<std::string> durable_paths;
  std::vector<bool> landed(unsynced_names.size());
  for (std::size_t i = unsynced_names.size(); i-- > 0;) {
    const NameChange& change = unsynced_names[i];
    landed[i] = (change.removed_synced && change.added_synced) || touches(change, durable_paths);
    if (landed[i]) {
      note(change, durable_paths);
    }
  }
  std::vector<NameChange> left;
  for (std::size_t i = 0; i < unsynced_names.size(); ++i) {
    if (landed[i]) {
      land(unsynced_names[i], durable_names);
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

void Disk::land_names(const std::function<bool()>& lands) {
  std::set<std::string> blocked;  // names with a change that did not land: no later one may
  for (const NameChange& change : unsynced_names) {
    if (!touches(change, blocked) && lands()) {
      land(change, durable_names);
    } else {
      note(change, blocked);
    }
  }
  unsynced_names.clear();
  names = durable_names;
}

void Disk::land_contents(const std::function<Content(const Node&, const std::vector<Content>&)>& content) {
  std::vector<Content> old_blocks;
  for (const auto& [id, node] : nodes) {
    if (!node.durable.empty()) {
      old_blocks.push_back(node.durable);
    }
  }
  forget_nameless({});
  for (auto& [id, node] : nodes) {
    if (!node.unsynced.empty()) {
      node.durable = content(node, old_blocks);
      node.unsynced.clear();
    }
    node.cached = node.durable;
  }
}

void Disk::cut_power(Random& random) {
  const Luck luck = draw_luck(random);
  land_names([&] { return random.below(8) < luck.landing; });
  land_contents([&](const Node& node, const auto& old_blocks) { return random_content(node, old_blocks, random); });
}

void Disk::cut_power(Choices& choices) {
  land_names([&] { return choices.choose(2) == 1; });
  land_contents([&](const Node& node, const auto& old_blocks) { return chosen_content(node, old_blocks, choices); });
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
