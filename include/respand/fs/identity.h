#pragma once
// FileIdentity: which file something that is held open is, so that its holder can tell whether a name still leads to
// it: somebody may remove or replace the files of a running daemon, and all that is written to them then is gone with
// the process. Open files and locks of both file systems say it. Any thread.

#include <cstdint>

#include "respand/base/result.h"
#include "respand/fs/file_system.h"

namespace respand::fs {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t names = 0;  // that lead to it; 0: it is gone when it is closed
  [[nodiscard]] bool same_file(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
};

// What a File or a Lock is that can tell: those of POSIX and of the tests can.
class Identified {
 public:
  virtual ~Identified() = default;
  [[nodiscard]] virtual Result<FileIdentity> identity() const = 0;
};

template <typename Held>
[[nodiscard]] Result<FileIdentity> identity_of(const Held& held) {
  const auto* const identified = dynamic_cast<const Identified*>(&held);
  return identified != nullptr ? identified->identity()
                               : Result<FileIdentity>(error(ErrorCode::kUnsupported, "nothing tells which file it is"));
}

// Whether `path` leads to the file that is held. What can't be told is taken for yes: a disk that fails says so where
// it is read and written.
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

// The same without a look at the path: what one call on the open file tells. It sees that the file was removed, and not
// that it was moved.
template <typename Held>
[[nodiscard]] bool has_a_name(const Held& held) {
  const auto own = identity_of(held);
  return !own || own->names > 0;
}

}  // namespace respand::fs
