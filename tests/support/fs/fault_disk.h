#pragma once
// The disk behind FaultFileSystem: files and names, each as reads see them and as the platter holds them, with the
// changes between the two. A value: a copy is another disk. Knows nothing of open files, locks or injected faults; one
// thread.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/path.h"
#include "respand/base/random.h"
#include "tests/support/fs/fault_choices.h"
#include "tests/support/fs/fault_content.h"

namespace respand::fs {

inline constexpr std::uint64_t kSectorSize = 512;  // what a drive writes whole or not at all
// With Choices, so many sectors of a file land each for itself; of the others, those that the same writes touched land
// together.
inline constexpr std::size_t kFreeSectors = 6;

using NodeId = std::uint64_t;

// A write, or a truncation to `size_after`.
struct Change {
  std::uint64_t offset = 0;
  std::string bytes;
  std::uint64_t size_after = 0;
  bool truncation = false;
};

// A file's content.
struct Node {
  Content cached;                // what reads see
  Content durable;               // what the platter holds
  std::vector<Change> unsynced;  // in order; on top of `durable`
  std::int64_t modified = 0;     // "nanoseconds since 1970": another one after each write

  void write(std::uint64_t offset, std::string_view bytes);
  void truncate(std::uint64_t size);
  void sync();
};

// A name given, taken away, or both (a rename). Empty: none.
struct NameChange {
  std::string removed;
  std::string added;
  NodeId node = 0;
  bool removed_synced = false;
  bool added_synced = false;

  void land(std::map<std::string, NodeId>& names) const;
  [[nodiscard]] bool touches(const std::set<std::string>& paths) const;
  // Adds the names that it changes.
  void note(std::set<std::string>& paths) const;
};

struct Disk {
  std::map<NodeId, Node> nodes;
  NodeId next_node = 1;
  std::set<std::string> folders{"/"};
  std::set<std::string> unsynced_folders;  // of `folders`, those whose names are not durable; none lies in another
  std::map<std::string, NodeId> names;     // absolute path -> content, as calls see it
  std::map<std::string, NodeId> durable_names;
  std::vector<NameChange> unsynced_names;  // in order; on top of `durable_names`

  // Makes up to that many of the folders of a path that do not exist.
  void make_folders(const std::string& path, std::uint64_t at_most);
  // One whose folder exists; it is durable once that is synced.
  void make_unsynced_folder(const std::string& path);
  // The files and folders that lie in a folder.
  [[nodiscard]] std::vector<std::string> names_in(const std::string& folder) const;
  // How many names a file has.
  [[nodiscard]] std::uint64_t names_of(NodeId node) const;
  // The name must be free and its folder exist.
  NodeId create(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);
  void sync_names(const std::string& folder);
  // What a sync_data() that fails does to a file.
  void spoil_sync(Node& node, Random& random);
  // The power goes, and comes again. Either random, extremes as often as mixtures, or any state whatsoever.
  void cut_power(Random& random);
  void cut_power(Choices& choices);
  // Drops contents that no name leads to, those in `kept` excepted.
  void forget_nameless(const std::set<NodeId>& kept);

 private:
  // After a power cut, in fault_power_cut.cc: which changes of names, and what of each file, are on the disk.
  void land_names(const std::function<bool()>& lands);
  void land_contents(const std::function<Content(const Node&, const std::vector<Content>&)>& content);
};

// Absolute, without "//", "." and a slash at the end. Relative paths begin at "/". Requires: no "..".
[[nodiscard]] std::string normal_path(const std::string& path);

}  // namespace respand::fs
