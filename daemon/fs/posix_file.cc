#include "fs/posix_file.h"

#include <sys/stat.h>
#include <unistd.h>

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
    if (written <= 0) {  // No regular file takes 0 of some bytes; to go on would be to spin.
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

Result<FileIdentity> identity_of_descriptor(int fd, std::string_view path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return failed("identity of", path);
  }
  return FileIdentity{static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
                      static_cast<std::uint64_t>(info.st_nlink)};
}

}  // namespace respand::fs
