#pragma once
// Directory: the file-system interface of a module that works in a folder which others write to, as the spool does.
// Whoever may write there may put a link, a FIFO or another file in the place of any name at any time. So every call is
// relative to the folder that is held open, follows no link in the name, never replaces what is there, and a file that
// was opened tells itself what it is. POSIX in the daemon (posix_directories()); the fault-injecting one of the tests
// is tests/support/fs/fault_file_system.h. A Directories may be used from any thread; the others by one thread at a
// time.
//
// A `name` is one entry of the folder: no slash. Errors carry the errno of the call that failed, and say the call, not
// the name, which may be long and hostile: the caller adds what it wants said.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "respand/base/result.h"
#include "respand/fs/file_system.h"
#include "respand/fs/identity.h"

namespace respand::fs {

// What the file system says of a file, a folder or whatever else has a name.
struct FileInfo {
  // Only regular files are ever opened.
  enum class Type : std::uint8_t { kRegular, kFolder, kLink, kOther };

  Type type = Type::kOther;   // of the name itself, where it is a link
  FileIdentity identity{};    // tells it from all others, and how many names it has
  std::uint32_t owner = 0;    // user
  bool sticky = false;        // of a folder: only a name's owner may remove it
  std::uint64_t size = 0;     // bytes
  std::uint64_t room = 0;     // bytes that it takes on the disk: at least its size, and whole blocks
  std::int64_t modified = 0;  // when its content was last written; nanoseconds since 1970
  std::int64_t changed = 0;   // when anything of it was, its names and attributes included
};

// What tells a file from a later one that was given the same inode number.
struct FileBirth {
  std::optional<std::int64_t> moment{};  // nanoseconds since 1970; nothing where the file system keeps none
  std::uint32_t generation = 0;          // of the inode; 0 where the file system has none
};

// Whether anybody has a file open for writing.
enum class Writers : std::uint8_t {
  kNone,
  kSome,
  kUnknown,  // the kernel does not say: somebody else's file and no CAP_LEASE, or a file system without leases (NFS)
};

// A regular file that was opened by its name in a Directory.
class DirectoryFile : public File {
 public:
  // What it is now: whoever writes to it changes size and times.
  [[nodiscard]] virtual Result<FileInfo> info() const = 0;
  // An error only where another try may say something else.
  [[nodiscard]] virtual Result<FileBirth> birth() const = 0;
  // Asked by means of a read lease, which the kernel gives only where nobody writes; it is given back at once. A writer
  // that opens the file in just that moment waits for microseconds. Requires: opened with open().
  [[nodiscard]] virtual Writers writers() const = 0;
};

// The names in a folder, one by one: there may be millions. In no order; "." and ".." may be among them.
class Listing {
 public:
  virtual ~Listing() = default;
  // Nothing: there are no more.
  [[nodiscard]] virtual Result<std::optional<std::string>> next() = 0;
};

// A folder that is held open: the same one for all calls, whatever its path leads to meanwhile.
class Directory {
 public:
  virtual ~Directory() = default;
  // An error where this process may not list its names, make and remove them.
  [[nodiscard]] virtual Status check_access() const = 0;
  // Keeps the folder to this process, without waiting, until this is destroyed. kExists where another has it; any other
  // error: the file system has no such locks.
  [[nodiscard]] virtual Status lock() = 0;
  [[nodiscard]] virtual Result<FileInfo> info() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Listing>> list() const = 0;
  // Of what the name itself stands for: of a link, not of what it leads to. Opens nothing.
  [[nodiscard]] virtual Result<FileInfo> look(const std::string& name) const = 0;
  // Opens a regular file for reading. Does not wait for a FIFO or a device, but a device may notice: look() first. An
  // error without an errno (kInvalid): it is no regular file.
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryFile>> open(const std::string& name) const = 0;
  // Makes a file (mode 0600) for writing; kExists where the name is taken, by whatever. Its name is durable after
  // sync().
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryFile>> create(const std::string& name) = 0;
  // A folder in it: makes it (mode 0700; kExists where the name is taken), opens it. Durable after sync() of this one.
  [[nodiscard]] virtual Status make_directory(const std::string& name) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Directory>> open_directory(const std::string& name) const = 0;
  // Moves a file to a name in this folder or another one, which is of the same implementation; kExists where that is
  // taken. Durable after sync() of both.
  [[nodiscard]] virtual Status rename(const std::string& from, Directory& folder, const std::string& to) = 0;
  [[nodiscard]] virtual Status remove(const std::string& name) = 0;
  // What was made, renamed and removed in it is durable when this returns success.
  [[nodiscard]] virtual Status sync() = 0;
};

// Where directories come from.
class Directories {
 public:
  virtual ~Directories() = default;
  // Links on the way to it are followed: whoever configures the path says where it leads.
  [[nodiscard]] virtual Result<std::unique_ptr<Directory>> open_directory(const std::string& path) = 0;
  // What stands at a path; the last part of it is followed where it is a link, or is looked at itself.
  enum class Links : std::uint8_t { kFollow, kSee };
  [[nodiscard]] virtual Result<FileInfo> look(const std::string& path, Links links) = 0;
};

// The machine's. One for the process; lives for ever.
[[nodiscard]] Directories& posix_directories();

}  // namespace respand::fs
