#include "fs/posix_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>

#include "fs/parts_cursor.h"
#include "fs/posix_calls.h"
#include "respand/base/text.h"

namespace respand::fs {
namespace {

// The caller has checked that it fits.
off_t to_off(std::uint64_t offset) { return static_cast<off_t>(offset); }

bool fits_off(std::uint64_t offset, std::uint64_t length) {
  constexpr std::uint64_t kMax = std::numeric_limits<off_t>::max();
  return offset <= kMax && length <= kMax - offset;
}

constexpr std::uint64_t kStatBlock = 512;  // what st_blocks counts

std::int64_t nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Whether the call may say something else at another time. Any other error says that there is no such thing here: an
// old kernel, a file system without it, or a sandbox that forbids the call.
bool passing(int why) { return why == EIO || why == ENOMEM || why == ESTALE || why == EINTR; }

FileInfo::Type type_of(mode_t mode) {
  return S_ISREG(mode)   ? FileInfo::Type::kRegular
         : S_ISDIR(mode) ? FileInfo::Type::kFolder
         : S_ISLNK(mode) ? FileInfo::Type::kLink
                         : FileInfo::Type::kOther;
}

}  // namespace

Result<std::size_t> PosixFile::read_at(std::uint64_t offset, MutableBytes out) const {
  if (!fits_off(offset, out.size())) {
    return os_error(EINVAL, cat("read ", path_));
  }
  std::size_t done = 0;
  while (done < out.size()) {
    const auto got =
        retry([&] { return calls_.pread(fd_.get(), out.data() + done, out.size() - done, to_off(offset + done)); });
    if (got < 0) {
      return failed("read", path_);
    }
    if (got == 0) {
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status PosixFile::write_at(std::uint64_t offset, std::span<const ConstBytes> parts) {
  std::uint64_t total = 0;
  for (const ConstBytes part : parts) {
    total += part.size();
  }
  if (!fits_off(offset, total)) {
    return os_error(EFBIG, cat("write ", path_));
  }
  PartsCursor cursor(parts);
  std::array<iovec, kMaxParts> vectors;  // NOLINT(cppcoreguidelines-pro-type-member-init): fill() sets what is used
  while (const std::size_t count = cursor.fill(vectors)) {
    const auto written =
        retry([&] { return calls_.pwritev(fd_.get(), vectors.data(), static_cast<int>(count), to_off(offset)); });
    if (written <= 0) {  // A regular file never takes none of some bytes; going on might never end.
      return written < 0 ? failed("write", path_) : os_error(EIO, cat("write ", path_));
    }
    offset += static_cast<std::uint64_t>(written);
    cursor.advance(static_cast<std::size_t>(written));
  }
  return {};
}

Status PosixFile::sync_data() {
  if (retry([&] { return calls_.fdatasync(fd_.get()); }) != 0) {
    return failed("sync", path_);
  }
  return {};
}

Status PosixFile::truncate(std::uint64_t size) {
  if (!fits_off(size, 0)) {
    return os_error(EFBIG, cat("truncate ", path_));
  }
  if (retry([&] { return calls_.ftruncate(fd_.get(), to_off(size)); }) != 0) {
    return failed("truncate", path_);
  }
  return {};
}

Result<std::uint64_t> PosixFile::size() const {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) {
    return failed("size of", path_);
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<FileIdentity> PosixFile::identity() const { return identity_of_descriptor(fd_.get(), path_); }

Result<FileInfo> PosixFile::info() const { return info_of_descriptor(fd_.get(), "info"); }

Result<FileBirth> PosixFile::birth() const {
  FileBirth birth;
  struct statx more {};
  if (::statx(fd_.get(), "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0) {
    if ((more.stx_mask & STATX_BTIME) != 0) {
      birth.moment = more.stx_btime.tv_sec * 1'000'000'000 + more.stx_btime.tv_nsec;
    }
  } else if (passing(errno)) {
    return os_error(errno, "birth");
  }
  long generation = 0;  // The kernel writes an int, whatever the request's name says.
  if (::ioctl(fd_.get(), FS_IOC_GETVERSION, &generation) == 0) {
    birth.generation = static_cast<std::uint32_t>(generation);
  } else if (passing(errno)) {
    return os_error(errno, "birth");
  }
  return birth;
}

Writers PosixFile::writers() const {
  // If a writer opens the file just then, the kernel tells the holder of the lease by a signal. SIGURG is ignored
  // unless somebody asks for it; the default, SIGIO, would end the process.
  (void)::fcntl(fd_.get(), F_SETSIG, SIGURG);
  if (::fcntl(fd_.get(), F_SETLEASE, F_RDLCK) == 0) {
    (void)::fcntl(fd_.get(), F_SETLEASE, F_UNLCK);
    return Writers::kNone;
  }
  return errno == EAGAIN ? Writers::kSome : Writers::kUnknown;
}

FileInfo to_info(const struct stat& info) {
  const auto size = static_cast<std::uint64_t>(info.st_size);
  return {.type = type_of(info.st_mode),
          .identity = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
                       static_cast<std::uint64_t>(info.st_nlink)},
          .owner = info.st_uid,
          .sticky = (info.st_mode & S_ISVTX) != 0,
          .size = size,
          .room = std::max(size, static_cast<std::uint64_t>(info.st_blocks) * kStatBlock),
          .modified = nanoseconds(info.st_mtim),
          .changed = nanoseconds(info.st_ctim)};
}

Result<FileInfo> info_of_descriptor(int fd, std::string_view what) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return os_error(errno, what);
  }
  return to_info(info);
}

Result<FileIdentity> identity_of_descriptor(int fd, std::string_view path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return failed("identity of", path);
  }
  return FileIdentity{static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
                      static_cast<std::uint64_t>(info.st_nlink)};
}

}  // namespace respand::fs
