#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "fs/no_inodes.h"
#include "fs/posix_calls.h"
#include "fs/posix_file.h"
#include "respand/base/fd.h"
#include "respand/base/path.h"
#include "respand/base/text.h"
#include "respand/fs/file_system.h"

namespace respand::fs {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
class PosixLock final : public Lock, public Identified {
 public:
  PosixLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  [[nodiscard]] Result<FileIdentity> identity() const override { return identity_of_descriptor(fd_.get(), path_); }

 private:
  const UniqueFd fd_;  // The kernel drops the lock with it.
  const std::string path_;
};

// The error of something that could not be made at `path`. ENOSPC stands for blocks and for inodes alike; without the
// addition an operator would look at df and see plenty of room.
Error not_made(int why, std::string_view what, const std::string& path) {
  Error failure = os_error(why, cat(what, " ", path));
  struct statvfs info {};
  if (why == ENOSPC && retry([&] { return ::statvfs(folder_of(path).c_str(), &info); }) == 0 && info.f_files > 0 &&
      info.f_favail == 0) {
    failure.message += kNoInodes;
  }
  return failure;
}

// Opens a regular file. O_NONBLOCK: a FIFO in the file's place must not hang the opening; on a regular file it is
// nothing.
Result<UniqueFd> open_regular(const std::string& path, int flags) {
  flags |= O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const int opened = retry([&] { return ::open(path.c_str(), flags, kFileMode); });
  if (opened < 0) {
    const int why = errno;
    return why == ELOOP ? error(ErrorCode::kPermission, cat("open ", path, ": is a symbolic link"))
                        : not_made(why, "open", path);
  }
  UniqueFd fd(opened);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return failed("open", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return error(ErrorCode::kInvalid, cat("open ", path, ": is not a regular file"));
  }
  return fd;
}

// Opens the file, or makes it with a mode that the umask has no part in.
Result<UniqueFd> open_or_create(const std::string& path) {
  for (;;) {
    auto found = open_regular(path, O_RDWR);
    if (found || found.error().os_error != ENOENT) {
      return found;
    }
    auto made = open_regular(path, O_RDWR | O_CREAT | O_EXCL);
    if (!made && made.error().os_error == EEXIST) {
      continue;  // Another process has made it in between: theirs is opened.
    }
    if (made && ::fchmod(made->get(), kFileMode) != 0) {
      return failed("open", path);
    }
    return made;
  }
}

Status sync_folder(const std::string& path) {
  const UniqueFd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd || retry([&] { return ::fsync(fd.get()); }) != 0) {
    return failed("sync folder", path);
  }
  return {};
}

// Makes one folder whose parent exists. Returns whether it was made.
Result<bool> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), kFolderMode) == 0) {
    struct stat info {};
    // The mode is set again only where the umask took bits away. The folder was just made here, and nobody but the
    // owner of its parent can have replaced it.
    if (::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & 0777U) != kFolderMode &&
        ::chmod(path.c_str(), kFolderMode) != 0) {
      return failed("make folder", path);
    }
    return true;
  }
  const int why = errno;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return false;  // mkdir may have said EROFS or EACCES, too: a folder that exists need not be made.
  }
  return not_made(why, "make folder", path);
}

class PosixFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto fd = mode == OpenMode::kCreate ? open_or_create(path)
                                        : open_regular(path, mode == OpenMode::kRead ? O_RDONLY : O_RDWR);
    if (!fd) {
      return std::move(fd).error();
    }
    return std::make_unique<PosixFile>(std::move(*fd), path);
  }

  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      const int why = errno;
      return os_error(why, cat("rename ", from, " to ", to));
    }
    return {};
  }

  [[nodiscard]] Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) {
      return failed("remove", path);
    }
    return {};
  }

  [[nodiscard]] Status sync_directory(const std::string& path) override { return sync_folder(path); }

  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
    if (!folder) {
      return failed("list", path);
    }
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr) {
        break;
      }
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") {
        names.emplace_back(name);
      }
    }
    if (errno != 0) {
      return failed("list", path);
    }
    return names;
  }

  [[nodiscard]] Status make_directories(const std::string& path) override {
    if (path.empty()) {
      return os_error(ENOENT, "make folder");
    }
    bool made_last = false;
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string folder = path.substr(0, end);
      auto made = make_folder(folder);
      if (!made) {
        return std::move(made).error();
      }
      made_last = *made;
      if (made_last) {
        if (auto synced = sync_folder(folder_of(folder)); !synced) {
          return synced;
        }
      }
    }
    if (!made_last) {
      // A run before this one may have been killed between making the folder and syncing its parent. A failure is
      // passed over: a parent that may not be read shows that somebody else made the folder, long ago.
      static_cast<void>(sync_folder(folder_of(path)));
    }
    return {};
  }

  [[nodiscard]] Result<std::unique_ptr<Lock>> lock(const std::string& path) override {
    auto fd = open_or_create(path);
    if (!fd) {
      return std::move(fd).fail("lock");
    }
    if (retry([&] { return ::flock(fd->get(), LOCK_EX | LOCK_NB); }) != 0) {
      return errno == EWOULDBLOCK ? in_use(path, *fd) : failed("lock", path);
    }
    const std::string pid = cat(::getpid(), "\n");
    const auto written = retry([&] { return ::pwrite(fd->get(), pid.data(), pid.size(), 0); });
    // The pid is only for people to read, so a failure is passed over: a full disk must not keep the daemon from
    // starting and draining its journal.
    if (written == static_cast<ssize_t>(pid.size())) {
      static_cast<void>(retry([&] { return ::ftruncate(fd->get(), written); }));
    }
    return std::make_unique<PosixLock>(std::move(*fd), path);
  }

  [[nodiscard]] Result<Bytes> free_space(const std::string& path) override {
    struct statvfs info {};
    if (retry([&] { return ::statvfs(path.c_str(), &info); }) != 0) {
      return failed("free space of", path);
    }
    return Bytes{static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize};
  }

 private:
  // The error that names the holder. It writes its pid right after it has the lock, so a read in between finds no pid,
  // or an older one.
  static Error in_use(const std::string& path, const UniqueFd& fd) {
    std::array<char, 16> text{};
    const auto got = retry([&] { return ::pread(fd.get(), text.data(), text.size(), 0); });
    const std::string_view read(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::string_view pid = read.substr(0, read.find_first_not_of("0123456789"));
    return error(ErrorCode::kExists, pid.empty() ? cat("lock ", path, ": in use by another process")
                                                 : cat("lock ", path, ": in use by process ", pid));
  }
};

}  // namespace

FileSystem& posix() {
  static PosixFileSystem file_system;
  return file_system;
}

}  // namespace respand::fs
