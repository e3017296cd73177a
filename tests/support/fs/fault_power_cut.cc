// What of the changes that were not synced a power cut leaves on the disk: the model that fault_file_system.h states.

#include "tests/support/fs/fault_sectors.h"

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

}  // namespace

void Disk::land_names(const std::function<bool()>& lands) {
  // A folder that did not land takes all that is in it along, were it ever so durable.
  std::set<std::string> lost;
  for (const std::string& folder : std::exchange(unsynced_folders, {})) {
    if (!lands()) {
      lost.insert(folder);
      folders.erase(folder);
    }
  }
  const auto in_lost = [&](const std::string& path) { return !path.empty() && lost.contains(folder_of(path)); };
  std::erase_if(durable_names, [&](const auto& name) { return in_lost(name.first); });
  std::set<std::string> blocked;  // names with a change that did not land: no later one may
  for (const NameChange& change : unsynced_names) {
    if (!change.touches(blocked) && !in_lost(change.added) && !in_lost(change.removed) && lands()) {
      change.land(durable_names);
    } else {
      change.note(blocked);
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

}  // namespace respand::fs
