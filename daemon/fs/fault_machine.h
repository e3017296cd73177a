#pragma once
// What stands between FaultFileSystem's calls and its Disk: which files are open or locked, which call is to fail, how
// full the disk may be. FaultFileSystem holds it under its mutex; nobody else uses it.

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fs/fault_disk.h"
#include "fs/fault_file_system.h"
#include "respand/base/random.h"
#include "respand/fs/identity.h"

namespace respand::fs {

// An open file or a lock, good for one epoch: from one start of the machine to the next crash.
struct Handle {
  NodeId node = 0;
  std::uint64_t epoch = 0;
};

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] Result<Handle> open(const std::string& path, OpenMode mode);
  void close(const Handle& handle);
  [[nodiscard]] Result<Handle> lock(const std::string& path);
  void unlock(const Handle& handle);
  [[nodiscard]] Status rename(const std::string& from, const std::string& to);
  [[nodiscard]] Status remove(const std::string& path);
  [[nodiscard]] Status sync_directory(const std::string& path);
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path);
  [[nodiscard]] Status make_directories(const std::string& path);
  [[nodiscard]] Result<Bytes> free_space(const std::string& path);

  // `path` is the name that the file was opened by, for messages.
  [[nodiscard]] Result<std::size_t> read(const Handle& handle, const std::string& path, std::uint64_t offset,
                                         MutableBytes out);
  [[nodiscard]] Status write(const Handle& handle, const std::string& path, std::uint64_t offset,
                             std::span<const ConstBytes> parts);
  [[nodiscard]] Status sync_data(const Handle& handle, const std::string& path);
  [[nodiscard]] Status truncate(const Handle& handle, const std::string& path, std::uint64_t size);
  [[nodiscard]] Result<std::uint64_t> size(const Handle& handle, const std::string& path);
  [[nodiscard]] Result<FileIdentity> identity(const Handle& handle, const std::string& path);

  // Everything that was open or about to fail is over; the disk is `disk`, or what it was.
  void restart();
  void restart(const Disk& disk);
  void cut_power(Random& random);
  void cut_power(Choices& choices);

  struct Armed {
    std::uint64_t left = 1;
    Fault fault;
    bool power_off = false;
  };
  void arm(const Armed& armed) { armed_.push_back(armed); }
  void make_unreadable(const std::string& path, std::uint64_t offset, std::uint64_t length);
  void disarm() {
    armed_.clear();
    bad_places_.clear();
  }
  [[nodiscard]] std::uint64_t faults_hit() const { return faults_hit_; }
  [[nodiscard]] std::uint64_t operations(Calls kinds) const;
  [[nodiscard]] const std::set<std::string>& synced_after_failure() const { return synced_after_failure_; }
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] const Disk& disk() const { return disk_; }
  // The file at `path`, which must exist.
  [[nodiscard]] Node& node_at(const std::string& path);
  void set_content(const std::string& path, std::string_view content);

 private:
  // Counts a call. Nothing where it may go on; else its failure, and whether it may take effect in part.
  struct Failure {
    int os_error = 0;
    bool partial = false;
  };
  [[nodiscard]] std::optional<Failure> enter(Calls kind);
  // Null where the power was cut since the handle was made.
  [[nodiscard]] Node* alive(const Handle& handle);
  [[nodiscard]] Result<Handle> find_or_create(const std::string& path, OpenMode mode, std::string_view what);
  [[nodiscard]] std::uint64_t room() const;
  // Makes up to that many of the folders of a path that do not exist.
  void make_folders(const std::string& path, std::uint64_t at_most);

  Disk disk_;
  SeededRandom random_;
  std::uint64_t epoch_ = 1;
  std::map<NodeId, std::uint64_t> open_;  // how many handles of this epoch
  std::set<NodeId> locked_;
  struct BadPlace {
    NodeId node = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  std::vector<Armed> armed_;
  std::vector<BadPlace> bad_places_;
  bool powered_off_ = false;
  std::array<std::uint64_t, std::bit_width(calls::kAll)> counts_{};
  std::uint64_t faults_hit_ = 0;
  std::set<NodeId> failed_syncs_;  // of this epoch
  std::set<std::string> synced_after_failure_;
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
};

// Absolute, without "//", "." and a slash at the end. Relative paths begin at "/". Requires: no "..".
[[nodiscard]] std::string normal_path(const std::string& path);

}  // namespace respand::fs
