#pragma once
// FileIdentity: which file an open file is, so that its holder can tell whether a name still leads to it. Somebody may
// remove or replace the files of a running daemon, and all that is written to them then is gone with the process. Open
// files and locks of both file systems (posix() and the tests') have an identity. Any thread.

#include <cstdint>

#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::fs {

// As fstat(2) tells it.
struct FileIdentity {
  // Together they tell the file from every other one.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t names = 0;  // links that lead to it; 0: the file is gone once it is closed
  // Whether both are the same file, under whatever names.
  [[nodiscard]] bool same_file(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
};

// A File or a Lock that has an identity: those of POSIX and of the tests.
class Identified {
 public:
  virtual ~Identified() = default;
  // One system call. An error is the disk's.
  [[nodiscard]] virtual Result<FileIdentity> identity() const = 0;
};

// The identity of a File or a Lock; kUnsupported where it has none.
template <typename Held>
[[nodiscard]] Result<FileIdentity> identity_of(const Held& held) {
  const auto* const identified = dynamic_cast<const Identified*>(&held);
  return identified != nullptr ? identified->identity()
                               : Result<FileIdentity>(error(ErrorCode::kUnsupported, "nothing tells which file it is"));
}

// Whether `path` leads to the file that is held open. Where that can't be told the answer is yes: a disk that fails
// shows it where it is read and written.
template <typename Held>
[[nodiscard]] bool leads_to(FileSystem& fs, const std::string& path, const Held& held) {
  const auto own = identity_of(held);
  if (own && own->names == 0) {
    return false;
  }
  auto named = fs.open(path, OpenMode::kRead);
  if (!named) {
    return named.error().code != ErrorCode::kNotFound;
  }
  const auto there = identity_of(**named);
  return !own || !there || own->same_file(*there);
}

// The same without a look at the path: one call on the open file. It tells that the file was removed, and not that it
// was moved.
template <typename Held>
[[nodiscard]] bool has_a_name(const Held& held) {
  const auto own = identity_of(held);
  return !own || own->names > 0;
}

}  // namespace respand::fs
