#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "fs/posix_calls.h"
#include "fs/posix_file.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "respand/fs/directory.h"

namespace respand::fs {
namespace {

constexpr mode_t kNewFile = 0600;
constexpr mode_t kNewFolder = 0700;

class PosixListing final : public Listing {
 public:
  explicit PosixListing(DIR* names) : names_(names) {}
  PosixListing(const PosixListing&) = delete;
  PosixListing& operator=(const PosixListing&) = delete;
  ~PosixListing() override { ::closedir(names_); }

  [[nodiscard]] Result<std::optional<std::string>> next() override {
    errno = 0;
    if (const dirent* const entry = ::readdir(names_); entry != nullptr) {
      return std::optional<std::string>(entry->d_name);
    }
    return errno == 0 ? Result<std::optional<std::string>>(std::nullopt) : failed("list");
  }

 private:
  DIR* const names_;
};

class PosixDirectory final : public Directory {
 public:
  explicit PosixDirectory(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] Status check_access() const override {
    return ::faccessat(fd_.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? Status() : failed("access");
  }

  [[nodiscard]] Status lock() override {
    if (retry([&] { return ::flock(fd_.get(), LOCK_EX | LOCK_NB); }) == 0) {
      return {};
    }
    return errno == EWOULDBLOCK ? Status(error(ErrorCode::kExists, "lock: another process has it")) : failed("lock");
  }

  [[nodiscard]] Result<FileInfo> info() const override { return info_of_descriptor(fd_.get(), "info"); }

  // A listing needs a position of its own: that of `fd_` is shared by all listings.
  [[nodiscard]] Result<std::unique_ptr<Listing>> list() const override {
    UniqueFd fd(retry([&] { return ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    DIR* const names = fd ? ::fdopendir(fd.get()) : nullptr;
    if (names == nullptr) {
      return failed("list");
    }
    (void)fd.release();  // closedir() closes it.
    return std::make_unique<PosixListing>(names);
  }

  [[nodiscard]] Result<FileInfo> look(const std::string& name) const override {
    struct stat info {};
    if (::fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed("look");
    }
    return to_info(info);
  }

  // O_NONBLOCK: a FIFO in the file's place must not hang the opening; on a regular file it is nothing. O_NOCTTY: nor
  // may a terminal in its place become ours.
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> open(const std::string& name) const override {
    UniqueFd fd(retry(
        [&] { return ::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0) {
      return failed("open");
    }
    if (!S_ISREG(info.st_mode)) {
      return error(ErrorCode::kInvalid, "open: is not a regular file");
    }
    return std::make_unique<PosixFile>(std::move(fd), name);
  }

  // O_EXCL never follows a link nor opens what is there; O_NOFOLLOW says it once more.
  [[nodiscard]] Result<std::unique_ptr<DirectoryFile>> create(const std::string& name) override {
    UniqueFd fd(retry([&] {
      return ::openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kNewFile);
    }));
    if (!fd) {
      return failed("create");
    }
    return std::make_unique<PosixFile>(std::move(fd), name);
  }

  [[nodiscard]] Status make_directory(const std::string& name) override {
    return ::mkdirat(fd_.get(), name.c_str(), kNewFolder) == 0 ? Status() : failed("make folder");
  }

  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& name) const override {
    UniqueFd fd(
        retry([&] { return ::openat(fd_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    if (!fd) {
      return failed("open");
    }
    return std::make_unique<PosixDirectory>(std::move(fd));
  }

  [[nodiscard]] Status rename(const std::string& from, Directory& folder, const std::string& to) override {
    const int other = dynamic_cast<PosixDirectory&>(folder).fd_.get();
    if (::renameat2(fd_.get(), from.c_str(), other, to.c_str(), RENAME_NOREPLACE) == 0) {
      return {};
    }
    const int why = errno;
    // Some file systems can't do it in one step: there the name is looked at first. Between the two calls somebody
    // could take the name, but the names that are renamed to are made up by respand, and nobody else uses them.
    struct stat info {};
    if (why == EINVAL && ::fstatat(other, to.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 &&
        ::renameat(fd_.get(), from.c_str(), other, to.c_str()) == 0) {
      return {};
    }
    return os_error(why, "rename");
  }

  [[nodiscard]] Status remove(const std::string& name) override {
    return ::unlinkat(fd_.get(), name.c_str(), 0) == 0 ? Status() : failed("remove");
  }

  [[nodiscard]] Status sync() override {
    return retry([&] { return ::fsync(fd_.get()); }) == 0 ? Status() : failed("sync");
  }

 private:
  const UniqueFd fd_;  // The kernel drops the lock with it.
};

class PosixDirectories final : public Directories {
 public:
  [[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const std::string& path) override {
    UniqueFd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd) {
      return failed("open");
    }
    return std::make_unique<PosixDirectory>(std::move(fd));
  }

  [[nodiscard]] Result<FileInfo> look(const std::string& path, Links links) override {
    struct stat info {};
    if (::fstatat(AT_FDCWD, path.c_str(), &info, links == Links::kSee ? AT_SYMLINK_NOFOLLOW : 0) != 0) {
      return failed("look");
    }
    return to_info(info);
  }
};

}  // namespace

Directories& posix_directories() {
  static PosixDirectories directories;
  return directories;
}

}  // namespace respand::fs
