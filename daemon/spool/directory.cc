#include "spool/directory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::spool {
namespace {

// Names that are remembered as made and not closed; of more than these it is not known.
constexpr std::size_t kMaxUnclosed = 4096;
constexpr std::uint32_t kMask = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR;

SpoolStamp stamp(const struct stat& info) {
  return {static_cast<std::uint64_t>(info.st_size),
          std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

SpoolEntry judge(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) {
    return SpoolEntry::kNotRegular;
  }
  return info.st_nlink > 1 ? SpoolEntry::kLinked : SpoolEntry::kFile;
}

SpoolEntry judge(int os_error) {
  switch (os_error) {
    case ENOENT:
      return SpoolEntry::kGone;
    case ELOOP:
    case ENXIO:
    case ENOTDIR:
      return SpoolEntry::kNotRegular;
    case EACCES:
    case EPERM:
      return SpoolEntry::kDenied;
    default:
      return SpoolEntry::kFailed;
  }
}

// The file's birth and its inode's generation; the last change stands in where there is no birth, so that a reused
// inode is never taken for its predecessor.
SpoolFileId identify(int fd, const struct stat& info) {
  SpoolFileId id{.inode = info.st_ino, .birth = stamp(info).changed};
  struct statx more {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0 && (more.stx_mask & STATX_BTIME) != 0) {
    id.birth = more.stx_btime.tv_sec * 1'000'000'000 + more.stx_btime.tv_nsec;
  }
  long generation = 0;  // The kernel writes an int, whatever the request's name says.
  if (::ioctl(fd, FS_IOC_GETVERSION, &generation) == 0) {
    id.generation = static_cast<std::uint32_t>(generation);
  }
  return id;
}

// A name that links or attributes were changed of after the last write was most likely linked into place: its file was
// never opened under that name, and so is never closed.
bool changed_since_written(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 &&
         (info.st_ctim.tv_sec != info.st_mtim.tv_sec || info.st_ctim.tv_nsec != info.st_mtim.tv_nsec);
}

}  // namespace

SpoolWriters writers_of(int fd) {
  // Where a writer comes in just then the kernel tells the holder by a signal. This one is ignored where nobody asked
  // for it; the usual one, SIGIO, would end the process.
  (void)::fcntl(fd, F_SETSIG, SIGURG);
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    (void)::fcntl(fd, F_SETLEASE, F_UNLCK);
    return SpoolWriters::kNone;
  }
  return errno == EAGAIN ? SpoolWriters::kSome : SpoolWriters::kUnknown;
}

SpoolCalls kernel_calls() {
  return {.rename = [](int from_folder, const char* from, int to_folder,
                       const char* to) { return ::renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE); },
          .sync = ::fsync,
          .unlink = [](int folder, const char* name) { return ::unlinkat(folder, name, 0); }};
}

Status SpoolDirectory::open() {
  const std::string what = cat("spool directory ", path_);
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return os_error(errno, what);
  }
  // A file is removed when it is taken: without that right every file would be kept for ever.
  if (::faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return os_error(errno, cat(what, ": respand must be able to list and remove files"));
  }
  // Where the file system can't lock a directory there is no lock.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return error(ErrorCode::kExists, cat(what, ": another respand takes files from it"));
  }
  fd_ = std::move(fd);
  listing_.reset();
  unclosed_.clear();
  watch();
  return {};
}

void SpoolDirectory::watch() {
  watcher_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watcher_ && ::inotify_add_watch(watcher_.get(), path_.c_str(), kMask) < 0) {
    watcher_.reset();
  }
  if (!watcher_) {
    log::warning("the spool directory can't be watched, it is listed at intervals instead",
                 {{"directory", path_}, {"error", std::strerror(errno)}});
  }
}

bool SpoolDirectory::reopen_if_replaced() {
  struct stat held {};
  struct stat named {};
  if (::fstat(fd_.get(), &held) != 0 || ::stat(path_.c_str(), &named) != 0 ||
      (held.st_dev == named.st_dev && held.st_ino == named.st_ino)) {
    return false;
  }
  return open().has_value();
}

bool SpoolDirectory::notices(const std::function<void(SpoolNotice, const std::string& name)>& notice) {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  bool whole = true;
  while (watcher_) {
    const ssize_t n = ::read(watcher_.get(), buffer.data(), buffer.size());
    if (n <= 0) {
      break;  // EAGAIN: that was all.
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name(event.len > 0 ? buffer.data() + at + sizeof event : "");
      at += sizeof event + event.len;
      if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) {
        whole = false;
        unclosed_.clear();
      } else if ((event.mask & IN_ISDIR) == 0 && !name.empty()) {
        if ((event.mask & IN_CREATE) == 0) {
          unclosed_.erase(name);
        } else if (unclosed_.size() < kMaxUnclosed) {
          unclosed_.insert(name);
        }
        notice((event.mask & IN_CREATE) != 0     ? SpoolNotice::kCreated
               : (event.mask & IN_MOVED_TO) != 0 ? SpoolNotice::kMovedIn
                                                 : SpoolNotice::kClosed,
               name);
      }
    }
  }
  return whole;
}

void SpoolDirectory::begin_list() {
  UniqueFd fd(::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  listing_.reset(fd ? ::fdopendir(fd.get()) : nullptr);
  if (listing_) {
    (void)fd.release();
  }
}

SpoolDirectory::List SpoolDirectory::list(std::string& name) {
  if (!listing_) {
    return List::kFailed;
  }
  errno = 0;
  if (const dirent* const entry = ::readdir(listing_.get()); entry != nullptr) {
    name = entry->d_name;
    return List::kName;
  }
  const List end = errno == 0 ? List::kEnd : List::kFailed;
  listing_.reset();
  return end;
}

SpoolLook SpoolDirectory::look(const std::string& name) const {
  struct stat info {};
  if (::fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return {.entry = judge(errno), .os_error = errno};
  }
  return {.entry = judge(info), .inode = info.st_ino, .stamp = stamp(info)};
}

SpoolOpened SpoolDirectory::open_file(const std::string& name) const {
  // Looked at first: opening a device can do things, even where it is closed again at once.
  if (const SpoolLook found = look(name); found.entry != SpoolEntry::kFile) {
    return {.entry = found.entry, .os_error = found.os_error};
  }
  UniqueFd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    return {.entry = judge(errno), .os_error = errno};
  }
  const SpoolEntry entry = judge(info);  // It may have been replaced in between.
  if (entry != SpoolEntry::kFile) {
    return {.entry = entry};
  }
  const SpoolFileId id = identify(fd.get(), info);
  return {.entry = entry,
          .fd = std::move(fd),
          .id = id,
          .stamp = stamp(info),
          .own = info.st_uid == ::geteuid(),
          .owner = info.st_uid};
}

SpoolWriters SpoolDirectory::writers(int fd, const std::string& name) const {
  const SpoolWriters told = calls_.writers(fd);
  const bool unclosed = told == SpoolWriters::kUnknown && unclosed_.contains(name) && !changed_since_written(fd);
  return unclosed ? SpoolWriters::kSome : told;
}

Status SpoolDirectory::move(int from_folder, const std::string& from, int to_folder, const std::string& to) const {
  if (calls_.rename(from_folder, from.c_str(), to_folder, to.c_str()) == 0) {
    return {};
  }
  const int why = errno;
  // Some file systems can't do it in one step. The names that the spool makes up are taken by nobody else; others are
  // looked at first.
  struct stat info {};
  if (why == EINVAL && ::fstatat(to_folder, to.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 &&
      ::renameat(from_folder, from.c_str(), to_folder, to.c_str()) == 0) {
    return {};
  }
  return os_error(why, "rename");
}

Status SpoolDirectory::remove(const std::string& name) const {
  if (calls_.unlink(fd_.get(), name.c_str()) != 0) {
    return os_error(errno, "remove");
  }
  return {};
}

Status SpoolDirectory::sync(int folder) const {
  if (calls_.sync(folder) != 0) {
    return os_error(errno, "sync a folder of the spool");
  }
  return {};
}

}  // namespace respand::spool
