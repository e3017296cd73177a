#pragma once
// SpoolDirectory: the spool directory, held open: listing it, looking at names and opening them so that nothing but a
// regular file with one name is ever read, renaming and removing, syncing. All through the file-system interface
// (respand/fs/directory.h), so that tests can make every call fail. Spool thread; its calls may block.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/fs/directory.h"
#include "spool/origin.h"
#include "spool/reader.h"
#include "spool/watch.h"

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

  // Nothing is known of the name: not even whether it is there.
  [[nodiscard]] bool failed() const { return entry == SpoolEntry::kDenied || entry == SpoolEntry::kFailed; }
};

struct SpoolOpened {
  SpoolEntry entry = SpoolEntry::kGone;
  std::unique_ptr<fs::DirectoryFile> file{};  // null but for kFile
  SpoolFileId id{};
  SpoolStamp stamp{};
  bool own = false;  // belongs to the daemon's own user
  std::uint32_t owner = 0;
  int os_error = 0;
};

class SpoolDirectory {
 public:
  // `directories` is borrowed.
  SpoolDirectory(fs::Directories& directories, std::string path) : directories_(directories), path_(std::move(path)) {}

  // Opens the directory, locks it and begins to watch it. A clear error where it is missing, no directory, not
  // writable, or taken from by another respand: two of them would each take every file.
  [[nodiscard]] Status open();
  // Opens the path anew where it is another directory by now (removed and made again, renamed away). True: it is
  // another.
  [[nodiscard]] bool reopen_if_replaced();

  [[nodiscard]] bool is_open() const { return folder_ != nullptr; }
  // Requires: is_open().
  [[nodiscard]] fs::Directory& folder() const { return *folder_; }
  [[nodiscard]] fs::Directories& directories() const { return directories_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // To be polled for reading; -1 where the system has no watches left: only listing finds files then.
  [[nodiscard]] int watch_fd() const { return watch_.fd(); }

  // Hands out what happened since the last call. False where notices were lost: the directory has to be listed.
  [[nodiscard]] bool notices(const std::function<void(SpoolNotice, const std::string& name)>& notice) {
    return watch_.notices(notice);
  }

  // Lists names one by one, from begin_list() on; nothing: that were all. After an error there are more, but the system
  // can't say which.
  void begin_list() { listing_.reset(); }
  [[nodiscard]] Result<std::optional<std::string>> list();

  // Looks at a name without opening it or following a link.
  [[nodiscard]] SpoolLook look(const std::string& name) const;
  [[nodiscard]] SpoolOpened open_file(const std::string& name) const;

  // Who writes to an open file of the directory, as far as can be told: by the kernel, else by the notices, where it
  // was made while they were listened to and has not been closed.
  [[nodiscard]] fs::Writers writers(const fs::DirectoryFile& file, const std::string& name) const;

  // Gives a file another name; kExists where that is taken: nothing is ever replaced.
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) const {
    return folder_->rename(from, *folder_, to);
  }
  [[nodiscard]] Status remove(const std::string& name) const { return folder_->remove(name); }
  // Removals are durable when this returns success.
  [[nodiscard]] Status sync() const { return sync(*folder_); }
  [[nodiscard]] static Status sync(fs::Directory& folder);

 private:
  fs::Directories& directories_;
  const std::string path_;
  std::unique_ptr<fs::Directory> folder_;
  std::unique_ptr<fs::Listing> listing_;
  Watch watch_;
};

// A failed call of the file system, in other words than its own.
[[nodiscard]] Error named(Error failure, std::string_view what);

}  // namespace respand::spool
