#include "spool/rejects.h"

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

#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::string_view kErrors = SpoolRejected::kErrors;
// Room in a name for '.' and the number, and for .errors.
constexpr std::size_t kMaxName = NAME_MAX - kErrors.size() - 11;
// Different contents with the same name and the same number are next to impossible; a bound is still a bound.
constexpr int kMaxTries = 16;

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

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) {
      return os_error(errno, "write in rejected/");
    }
    bytes.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  return {};
}

// Whether two files hold the same bytes. A name that is no regular file is like nothing.
Result<bool> same_content(int folder, const std::string& a, int other_folder, const std::string& b) {
  const UniqueFd first(::openat(folder, a.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  const UniqueFd second(::openat(other_folder, b.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
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

SpoolRejects::SpoolRejects(SpoolRejected& rejected, const SpoolFileId& id, SpoolPacking packing)
    : rejected_(rejected), id_(id), packing_(packing) {
  data_.temporary = cat(SpoolRejected::kHidden, id.inode, "-", id.birth, "-", id.generation);
  errors_.temporary = data_.temporary + std::string(kErrors);
}

SpoolRejects::~SpoolRejects() {
  if (!any_) {
    return;
  }
  if (const auto folder = rejected_.open(SpoolRejected::Make::kNo)) {
    for (const Part* part : {&data_, &errors_}) {
      if (::unlinkat(folder->get(), part->temporary.c_str(), 0) == 0) {
        rejected_.give_back(part->room);
      }
    }
  }
}

Status SpoolRejects::open() {
  auto folder = rejected_.open(SpoolRejected::Make::kYes);
  if (!folder) {
    return std::move(folder).error();
  }
  any_ = true;
  for (Part* part : {&data_, &errors_}) {
    if (part == &data_ && keeps_original()) {
      continue;
    }
    ::unlinkat(folder->get(), part->temporary.c_str(), 0);
    part->fd.reset(
        ::openat(folder->get(), part->temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!part->fd) {
      return os_error(errno, "make a file in rejected/");
    }
  }
  return {};
}

Status SpoolRejects::flush(Part& part) {
  part.size += part.buffer.size();
  if (part.size > rejected_.max_size().value) {
    return too_much(rejected_.max_size());
  }
  if (Status room = rejected_.reserve(part.buffer.size()); !room) {
    return room;
  }
  part.room += part.buffer.size();
  Status written = write_all(part.fd.get(), part.buffer);
  if (written) {
    part.buffer.clear();
  }
  return written;
}

Status SpoolRejects::put(Part& part, std::string_view bytes) {
  part.crc = crc_of(part.crc, bytes);
  part.buffer.append(bytes);
  return part.buffer.size() < kBuffer ? Status{} : flush(part);
}

Status SpoolRejects::begin(std::string_view line) {
  if (!any_) {
    if (Status opened = open(); !opened) {
      return opened;
    }
  }
  const std::string text = full() ? std::string() : printable(line, 1024) + "\n";
  const std::uint64_t most = std::min(kMaxErrors, rejected_.max_size().value / 4);
  if (full() || errors_.size + errors_.buffer.size() + text.size() > most) {
    ++unsaid_;
    return {};
  }
  return put(errors_, text);
}

Status SpoolRejects::append(std::string_view raw) { return keeps_original() ? Status{} : put(data_, raw); }

Status SpoolRejects::close(Part& part) {
  if (Status flushed = flush(part); !flushed) {
    return flushed;
  }
  struct stat info {};
  if (::fsync(part.fd.get()) != 0 || ::fstat(part.fd.get(), &info) != 0) {
    return os_error(errno, "sync a file in rejected/");
  }
  // What it takes is known now: whole blocks.
  if (const std::uint64_t room = room_of(info); room > part.room) {
    if (Status more = rejected_.reserve(room - part.room); !more) {
      return more;
    }
    part.room = room;
  }
  part.fd.reset();
  part.buffer = {};
  return {};
}

Status SpoolRejects::close() {
  if (!any_) {
    return {};
  }
  if (unsaid_ > 0) {
    if (Status put_last = put(errors_, cat("and ", unsaid_, " more\n")); !put_last) {
      return put_last;
    }
  }
  if (Status closed = keeps_original() ? Status{} : close(data_); !closed) {
    return closed;
  }
  return close(errors_);
}

// Tells contents of the same name apart, and is the same for the same one.
std::uint32_t SpoolRejects::number() const {
  if (!keeps_original()) {
    return data_.crc + 31 * errors_.crc;
  }
  return static_cast<std::uint32_t>(id_.inode * 0x9E3779B1U + static_cast<std::uint64_t>(id_.birth)) + errors_.crc;
}

// For a rejected/ on another file system: the file's bytes, synced, under the name of what is not finished yet.
Status SpoolRejects::copy_original(int fd, int folder) {
  ::unlinkat(folder, data_.temporary.c_str(), 0);
  const UniqueFd to(
      ::openat(folder, data_.temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) {
    return os_error(errno, "make a file in rejected/");
  }
  std::vector<char> buffer(kBuffer);
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
    if (n == 0) {
      return ::fsync(to.get()) == 0 ? Status() : os_error(errno, "sync a file in rejected/");
    }
    if (n < 0 && errno != EINTR) {
      return os_error(errno, "read a spool file");
    }
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    if (Status written = write_all(to.get(), {buffer.data(), size}); !written) {
      return written;
    }
    at += static_cast<off_t>(size);
  }
}

Result<SpoolRejects::Published> SpoolRejects::publish(const SpoolDirectory& directory, const std::string& entry,
                                                      int fd) {
  auto folder = rejected_.open(SpoolRejected::Make::kYes);
  if (!folder) {
    return std::move(folder).error();
  }
  if (keeps_original()) {
    struct stat info {};
    if (::fsync(fd) != 0 || ::fstat(fd, &info) != 0) {
      return os_error(errno, "sync a spool file");
    }
    if (Status room = rejected_.reserve(room_of(info)); !room) {
      return std::move(room).error();
    }
  }
  const std::string_view name = writers_name(entry);
  const std::string base(name.substr(0, kMaxName));
  bool copied = false;
  for (int i = 0; i < kMaxTries; ++i) {
    const bool plain = i == 0 && base.size() == name.size();
    const std::string target = plain ? base : cat(base, ".", number() + static_cast<std::uint32_t>(i));
    // The reasons come first: a file that was moved away has no second try.
    const std::array<Place, 2> places{
        Place{folder->get(), errors_.temporary, cat(target, kErrors)},
        keeps_original() ? Place{directory.fd(), entry, target} : Place{folder->get(), data_.temporary, target}};
    // Both places are looked at before either is used: a pair stays a pair.
    bool fits = true;
    std::array<bool, 2> there{};
    for (std::size_t at = 0; at < places.size(); ++at) {
      struct stat info {};
      if (::fstatat(folder->get(), places[at].to.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
        auto same = same_content(places[at].folder, places[at].from, folder->get(), places[at].to);
        if (!same) {
          return std::move(same).error();
        }
        there[at] = *same;
        fits = fits && *same;
      }
    }
    if (!fits) {
      continue;
    }
    for (std::size_t at = 0; at < places.size(); ++at) {
      if (there[at]) {
        continue;
      }
      Status moved = directory.move(places[at].folder, places[at].from, folder->get(), places[at].to);
      if (!moved && moved.error().os_error == EXDEV && places[at].folder == directory.fd()) {
        moved = copy_original(fd, folder->get());
        moved = moved ? directory.move(folder->get(), data_.temporary, folder->get(), places[at].to) : std::move(moved);
        copied = true;
      }
      if (!moved) {
        return std::move(moved).fail("rejected/");
      }
      if (Status synced = directory.sync(folder->get()); !synced) {
        return std::move(synced).fail("rejected/");
      }
    }
    return Published{target, keeps_original() && !there[1] && !copied};
  }
  return error(ErrorCode::kExists, "no free name in rejected/");
}

}  // namespace respand::spool
