#pragma once
// The file-system interface of the journal and the dead letters: the only way those modules reach a disk, so that tests
// can make every call fail, tear every write and drop whatever was not synced. POSIX in the daemon (posix()); the
// one with faults is tests/support/fs/fault_file_system.h. Paths are absolute or relative to the working directory.
// A FileSystem may be used from any thread; a File by one thread at a time, but for read_at(), which any may call.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::fs {

// Memory of the caller's that is written from, and that is read into.
using ConstBytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// An open file. Destroying it closes it, and syncs nothing.
class File {
 public:
  virtual ~File() = default;
  // Reads up to out.size() bytes from `offset`; fewer only at the end of the file (0 at or behind it). EINTR is
  // retried.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const = 0;
  // Writes all parts one after the other from `offset`. After an error any part of the range may hold any mix of old
  // and new bytes. Nothing is durable until sync_data().
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, std::span<const ConstBytes> parts) = 0;
  // fdatasync: when it returns success, all that was written before the call survives a power cut, the size included.
  // After a failure the kernel may have dropped the dirty pages: never call it again on this File, write anew
  // elsewhere.
  [[nodiscard]] virtual Status sync_data() = 0;
  // Cuts the file, or lengthens it with zeros. The new length is durable after sync_data().
  [[nodiscard]] virtual Status truncate(std::uint64_t size) = 0;
  // The file's length in bytes.
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
};

// An advisory lock on a file, held until it is destroyed or the process ends.
class Lock {
 public:
  virtual ~Lock() = default;
};

// What a file is opened for.
enum class OpenMode : std::uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // made (mode 0600) where it does not exist; its name is durable only after sync_directory()
};

// Calls on names. Errors carry errno and the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Opens a file. A symbolic link in the last part of the path is refused (O_NOFOLLOW).
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Renames in one step, and replaces `to`. Durable after sync_directory() of the folder (of both, where they differ).
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  // Takes the name away; what holds the file open goes on reading and writing it. Durable after sync_directory().
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;
  // Makes creations, renames and removals in this folder durable.
  [[nodiscard]] virtual Status sync_directory(const std::string& path) = 0;
  // Names in a folder, without "." and "..", in no order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // Makes the folder and its parents (mode 0700) where they do not exist, each synced into its parent.
  [[nodiscard]] virtual Status make_directories(const std::string& path) = 0;
  // Takes the lock without waiting; kExists where another process (or this one) holds it. The file is made if missing.
  [[nodiscard]] virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;
  // Bytes that an unprivileged process may still write on the file system of `path`.
  [[nodiscard]] virtual Result<Bytes> free_space(const std::string& path) = 0;
};

// The machine's file system. One for the process; lives for ever.
[[nodiscard]] FileSystem& posix();

}  // namespace respand::fs
