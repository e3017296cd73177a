#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "tests/support/own_mounts.h"
#include "tests/support/process.h"

namespace respand::test {
SmallDisk::SmallDisk(Kind kind, Bytes size, std::uint64_t inodes) : mount_(folder_ / "disk") {
  std::filesystem::create_directory(mount_);
  why_not_ = leave_for_own_mounts();
  if (why_not_.empty()) {
    why_not_ = mount_disk(kind, size, inodes);
  }
  mounted_ = why_not_.empty();
}

std::string SmallDisk::mount_disk(Kind kind, Bytes size, std::uint64_t inodes) {
  switch (kind) {
    case Kind::kTmpfs: {
      const std::string options = cat("size=", size.value, inodes == 0 ? "" : cat(",nr_inodes=", inodes));
      return ::mount("small-disk", mount_.c_str(), "tmpfs", 0, options.c_str()) == 0
                 ? std::string()
                 : cat("mount a tmpfs: ", std::strerror(errno));
    }
    case Kind::kExt4: {
      const std::string image = folder_ / "image";
      write_file(image, "");
      std::filesystem::resize_file(image, size.value);
      std::string failure = failure_of("/usr/sbin/mkfs.ext4", {"-q", "-m", "0", image});
      if (failure.empty()) {
        failure = failure_of("/usr/bin/mount", {"-o", "loop", image, mount_});
      }
      return failure;
    }
  }
  return {};
}

SmallDisk::~SmallDisk() {
  if (mounted_) {
    ::umount2(mount_.c_str(), MNT_DETACH);
  }
}

void SmallDisk::fill() {
  const UniqueFd ballast(::open((*this / "ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!ballast) {
    std::perror("test support: a ballast file");
    std::abort();
  }
  // The blocks are written, not just reserved, so that the file system can't give them to others after all.
  const std::string block(1U << 20, 'b');
  for (std::size_t size = block.size(); size > 0; size /= 2) {
    while (::write(ballast.get(), block.data(), size) > 0) {
    }
  }
  ::fsync(ballast.get());
}

void SmallDisk::fill_inodes() {
  std::filesystem::create_directory(*this / "many");
  for (int i = 0;; ++i) {
    const UniqueFd one(::open(cat(*this / "many/", i).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!one) {
      return;
    }
  }
}

void SmallDisk::free() {
  std::filesystem::remove(*this / "ballast");
  std::filesystem::remove_all(*this / "many");
}

std::uint64_t SmallDisk::available() const {
  struct statvfs info {};
  return ::statvfs(mount_.c_str(), &info) == 0 ? info.f_bavail * info.f_frsize : 0;
}

}  // namespace respand::test
