#include "ingest/spool_rejects.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <vector>

#include "ingest/spool_name.h"
#include "respand/base/text.h"

namespace respand::ingest {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::string_view kHidden = ".respand-";
constexpr std::string_view kErrors = ".errors";
// Room in a name for '.' and the number, and for .errors.
constexpr std::size_t kMaxName = NAME_MAX - kErrors.size() - 11;
// Different contents with the same name and the same number are next to impossible; a bound is still a bound.
constexpr int kMaxTries = 16;

enum class Make : std::uint8_t { kNo, kYes };

// The folder, made (0700) where asked for. A link in its place, or somebody else's folder, is not used: what was
// refused may be confidential.
Result<UniqueFd> open_folder(int spool_fd, Make make) {
  bool made = false;
  if (make == Make::kYes) {
    made = ::mkdirat(spool_fd, kRejectedFolder, 0700) == 0;
    if (!made && errno != EEXIST) {
      return os_error(errno, "make rejected/ in the spool directory");
    }
  }
  UniqueFd folder(::openat(spool_fd, kRejectedFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!folder || ::fstat(folder.get(), &info) != 0) {
    return os_error(errno, "open rejected/ in the spool directory");
  }
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return error(ErrorCode::kPermission, "rejected/ in the spool directory belongs to somebody else");
  }
  if (made && ::fsync(spool_fd) != 0) {
    return os_error(errno, "sync the spool directory");
  }
  return folder;
}

Result<std::size_t> read_some(int fd, std::vector<char>& into) {
  std::size_t size = 0;
  while (size < into.size()) {
    const ssize_t n = ::read(fd, into.data() + size, into.size() - size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return os_error(errno, "read in rejected/");
    }
    if (n == 0) {
      break;
    }
    size += static_cast<std::size_t>(n);
  }
  return size;
}

// Whether two files of the folder hold the same bytes. A name that is no regular file is like nothing.
Result<bool> same_content(int folder, const std::string& a, const std::string& b) {
  const UniqueFd first(::openat(folder, a.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  const UniqueFd second(::openat(folder, b.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat one {};
  struct stat two {};
  if (!first || !second || ::fstat(first.get(), &one) != 0 || ::fstat(second.get(), &two) != 0 ||
      !S_ISREG(two.st_mode) || one.st_size != two.st_size) {
    return false;
  }
  std::vector<char> left(kBuffer);
  std::vector<char> right(kBuffer);
  while (true) {
    auto n = read_some(first.get(), left);
    auto m = read_some(second.get(), right);
    if (!n || !m) {
      return std::move(n ? m : n).error();
    }
    if (*n != *m || !std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(*n), right.begin())) {
      return false;
    }
    if (*n == 0) {
      return true;
    }
  }
}

std::uint32_t crc_of(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

SpoolRejects::SpoolRejects(const SpoolDirectory& directory, const SpoolFileId& id) : directory_(directory) {
  data_.temporary = cat(kHidden, id.inode, "-", id.birth, "-", id.generation);
  errors_.temporary = data_.temporary + std::string(kErrors);
}

SpoolRejects::~SpoolRejects() {
  if (!any_) {
    return;
  }
  if (const auto folder = open_folder(directory_.fd(), Make::kNo)) {
    ::unlinkat(folder->get(), data_.temporary.c_str(), 0);
    ::unlinkat(folder->get(), errors_.temporary.c_str(), 0);
  }
}

void SpoolRejects::sweep(const SpoolDirectory& directory) {
  auto folder = open_folder(directory.fd(), Make::kNo);
  if (!folder) {
    return;  // Mostly: there is none. Anything else is said when it is needed.
  }
  DIR* const entries = ::fdopendir(folder->release());
  if (entries == nullptr) {
    return;
  }
  while (const dirent* entry = ::readdir(entries)) {
    if (std::string_view(entry->d_name).starts_with(kHidden)) {
      ::unlinkat(::dirfd(entries), entry->d_name, 0);
    }
  }
  ::closedir(entries);
}

Status SpoolRejects::open() {
  auto folder = open_folder(directory_.fd(), Make::kYes);
  if (!folder) {
    return std::move(folder).error();
  }
  any_ = true;
  for (Part* part : {&data_, &errors_}) {
    ::unlinkat(folder->get(), part->temporary.c_str(), 0);
    part->fd.reset(
        ::openat(folder->get(), part->temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!part->fd) {
      return os_error(errno, "make a file in rejected/");
    }
  }
  return {};
}

Status SpoolRejects::Part::flush() {
  std::string_view left = buffer;
  while (!left.empty()) {
    const ssize_t n = ::write(fd.get(), left.data(), left.size());
    if (n < 0 && errno != EINTR) {
      return os_error(errno, "write in rejected/");
    }
    left.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  buffer.clear();
  return {};
}

Status SpoolRejects::put(Part& part, std::string_view bytes) {
  part.crc = crc_of(part.crc, bytes);
  part.buffer.append(bytes);
  return part.buffer.size() < kBuffer ? Status{} : part.flush();
}

Status SpoolRejects::begin(std::string_view line) {
  if (!any_) {
    if (Status opened = open(); !opened) {
      return opened;
    }
  }
  return put(errors_, printable(line, 1024) + "\n");
}

Status SpoolRejects::append(std::string_view raw) { return put(data_, raw); }

Status SpoolRejects::close() {
  if (!any_) {
    return {};
  }
  for (Part* part : {&data_, &errors_}) {
    if (Status flushed = part->flush(); !flushed) {
      return flushed;
    }
    if (::fsync(part->fd.get()) != 0) {
      return os_error(errno, "sync a file in rejected/");
    }
    part->fd.reset();
    part->buffer = {};
  }
  return {};
}

// Whether `name` now holds the part's content; false where it holds something else.
Result<bool> SpoolRejects::settle(int folder, Part& part, const std::string& name) {
  if (::renameat2(folder, part.temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  // Some file systems can't do it that way; the place was seen to be free, and nobody else writes here.
  if (errno == EINVAL && ::renameat(folder, part.temporary.c_str(), folder, name.c_str()) == 0) {
    return true;
  }
  if (errno != EEXIST) {
    return os_error(errno, "rename in rejected/");
  }
  return same_content(folder, part.temporary, name);
}

Result<std::string> SpoolRejects::publish(std::string_view name) {
  auto folder = open_folder(directory_.fd(), Make::kYes);
  if (!folder) {
    return std::move(folder).error();
  }
  const std::string base(name.substr(0, kMaxName));
  const std::uint32_t number = data_.crc + 31 * errors_.crc;
  for (int i = 0; i < kMaxTries; ++i) {
    const bool plain = i == 0 && base.size() == name.size();
    const std::string target = plain ? base : cat(base, ".", number + static_cast<std::uint32_t>(i));
    const std::string target_errors = target + std::string(kErrors);
    // Both places are looked at before either is used: a pair stays a pair.
    struct stat info {};
    bool fits = true;
    for (const auto& [part, place] : {std::pair(&data_, &target), std::pair(&errors_, &target_errors)}) {
      if (::fstatat(folder->get(), place->c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
        auto same = same_content(folder->get(), part->temporary, *place);
        if (!same) {
          return std::move(same).error();
        }
        fits = fits && *same;
      }
    }
    if (!fits) {
      continue;
    }
    for (const auto& [part, place] : {std::pair(&data_, &target), std::pair(&errors_, &target_errors)}) {
      auto settled = settle(folder->get(), *part, *place);
      if (!settled) {
        return std::move(settled).error();
      }
    }
    if (::fsync(folder->get()) != 0) {
      return os_error(errno, "sync rejected/");
    }
    return target;
  }
  return error(ErrorCode::kExists, "no free name in rejected/");
}

}  // namespace respand::ingest
