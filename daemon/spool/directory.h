#pragma once
// SpoolDirectory: every system call on the spool directory itself: listing, notices of changes, opening a file so that
// nothing but a regular file with one name is ever read, removing, syncing. Spool thread; its calls may block.

#include <dirent.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "respand/base/fd.h"
#include "respand/base/result.h"
#include "respand/base/units.h"
#include "spool/origin.h"
#include "spool/reader.h"

namespace respand::spool {

// What stands behind a name.
enum class SpoolEntry : std::uint8_t {
  kFile,        // a regular file with this one name
  kGone,        // nothing
  kNotRegular,  // a symbolic link, FIFO, device, socket or folder: left alone
  kLinked,  // a regular file with other names as well: left alone while it has them. What was taken is known by inode,
            // and where the kernel lets anybody link anything (fs.protected_hardlinks=0) it may be somebody else's file
  kDenied,  // may not be opened
  kFailed,  // any other failure: errno
};

struct SpoolLook {
  SpoolEntry entry = SpoolEntry::kGone;
  std::uint64_t inode = 0;
  SpoolStamp stamp{};
  int os_error = 0;
};

struct SpoolOpened {
  SpoolEntry entry = SpoolEntry::kGone;
  UniqueFd fd{};
  SpoolFileId id{};
  SpoolStamp stamp{};
  bool own = false;  // belongs to the daemon's own user
  std::uint32_t owner = 0;
  int os_error = 0;
};

enum class SpoolNotice : std::uint8_t {
  kCreated,  // it was made, or linked into place
  kClosed,   // somebody who may have written to it has closed it
  kMovedIn,  // it was renamed into place
};

// Whether somebody has a file open for writing: then it is not finished, however long he pauses.
enum class SpoolWriters : std::uint8_t {
  kNone,
  kSome,
  kUnknown,  // the kernel does not say: somebody else's file and no CAP_LEASE, or a file system without leases (NFS)
};
// Asks by means of a read lease, which the kernel gives only where nobody writes; it is given back at once. `fd` is
// open for reading. A writer that opens the file in just that moment waits for microseconds.
[[nodiscard]] SpoolWriters writers_of(int fd);

// The calls that the removal of a file is made of. Tests replace them, to see what a kill between any two of them, a
// failure, or a file system that tells nothing would do.
struct SpoolCalls {
  // renameat2 with RENAME_NOREPLACE, fsync of a directory, unlinkat: 0, or -1 and errno.
  std::function<int(int from_folder, const char* from, int to_folder, const char* to)> rename;
  std::function<int(int folder)> sync;
  std::function<int(int folder, const char* name)> unlink;
  std::function<SpoolWriters(int fd)> writers = writers_of;
};
[[nodiscard]] SpoolCalls kernel_calls();

class SpoolDirectory {
 public:
  explicit SpoolDirectory(std::string path, SpoolCalls calls = kernel_calls())
      : path_(std::move(path)), calls_(std::move(calls)) {}

  // Opens the directory, locks it and begins to watch it. A clear error where it is missing, no directory, not
  // writable, or taken from by another respand: two of them would each take every file.
  [[nodiscard]] Status open();
  // Opens the path anew where it is another directory by now (removed and made again, renamed away). True: it is
  // another.
  [[nodiscard]] bool reopen_if_replaced();

  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // To be polled for reading; -1 where the system has no watches left: only listing finds files then.
  [[nodiscard]] int watch_fd() const { return watcher_.get(); }

  // Hands out what happened since the last call. False where notices were lost: the directory has to be listed.
  [[nodiscard]] bool notices(const std::function<void(SpoolNotice, const std::string& name)>& notice);

  // Lists names one by one; begin_list() starts anew. List::kFailed: there are more, but the system can't say which.
  enum class List : std::uint8_t { kName, kEnd, kFailed };
  void begin_list();
  [[nodiscard]] List list(std::string& name);

  // Looks at a name without opening it or following a link.
  [[nodiscard]] SpoolLook look(const std::string& name) const;
  [[nodiscard]] SpoolOpened open_file(const std::string& name) const;

  // Who writes to an open file of the directory, as far as can be told: by the kernel, else by the notices, where it
  // was made while they were listened to and has not been closed.
  [[nodiscard]] SpoolWriters writers(int fd, const std::string& name) const;

  // Gives a file another name; kExists where that is taken: nothing is ever replaced.
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) const {
    return move(fd(), from, fd(), to);
  }
  // The same from one open folder to another.
  [[nodiscard]] Status move(int from_folder, const std::string& from, int to_folder, const std::string& to) const;
  [[nodiscard]] Status remove(const std::string& name) const;
  // Removals are durable when this returns success.
  [[nodiscard]] Status sync() const { return sync(fd()); }
  [[nodiscard]] Status sync(int folder) const;

 private:
  struct Close {
    void operator()(DIR* listing) const { ::closedir(listing); }
  };
  void watch();

  const std::string path_;
  const SpoolCalls calls_;
  UniqueFd fd_;
  UniqueFd watcher_;
  std::unique_ptr<DIR, Close> listing_;
  std::set<std::string> unclosed_;  // made since the watch began, and not closed after writing yet
};

}  // namespace respand::spool
