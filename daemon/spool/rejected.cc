#include "spool/rejected.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

constexpr std::uint64_t kStatBlock = 512;  // what st_blocks counts

struct Close {
  void operator()(DIR* entries) const { ::closedir(entries); }
};
using Entries = std::unique_ptr<DIR, Close>;

Entries entries_of(int folder) {
  UniqueFd fd(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Entries entries(fd ? ::fdopendir(fd.get()) : nullptr);
  if (entries) {
    (void)fd.release();
  }
  return entries;
}

// A file and the one with its reasons: they go together.
struct Pair {
  std::int64_t came = 0;  // the last change of either, nanoseconds: for one that was moved here, the moving
  std::uint64_t room = 0;
};

}  // namespace

std::uint64_t room_of(const struct stat& info) {
  return std::max(static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_blocks) * kStatBlock);
}

Error too_much(Bytes max_size) {
  return error(ErrorCode::kInvalid, cat("more than spool.rejected_max_size (", to_text(max_size), ")"));
}

SpoolRejected::SpoolRejected(const SpoolDirectory& directory, Bytes max_size, metrics::Registry& registry,
                             const Clock& clock)
    : directory_(directory),
      max_size_(max_size),
      clock_(clock),
      removed_counter_(registry.counter("respand_spool_rejects_removed_total",
                                        "Files with what was refused of spool files that were removed to keep "
                                        "spool.rejected_max_size")) {}

Result<UniqueFd> SpoolRejected::open(Make make) const {
  bool made = false;
  if (make == Make::kYes) {
    made = ::mkdirat(directory_.fd(), kRejectedFolder, 0700) == 0;
    if (!made && errno != EEXIST) {
      return os_error(errno, "make rejected/ in the spool directory");
    }
  }
  UniqueFd folder(::openat(directory_.fd(), kRejectedFolder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!folder || ::fstat(folder.get(), &info) != 0) {
    return os_error(errno, "open rejected/ in the spool directory");
  }
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return error(ErrorCode::kPermission, "rejected/ in the spool directory belongs to somebody else");
  }
  if (made) {
    if (Status synced = directory_.sync(); !synced) {
      return std::move(synced).error();
    }
  }
  return folder;
}

void SpoolRejected::sweep() const {
  const auto folder = open(Make::kNo);
  const Entries entries = folder ? entries_of(folder->get()) : nullptr;
  if (!entries) {
    return;  // Mostly: there is none. Anything else is said when it is needed.
  }
  while (const dirent* entry = ::readdir(entries.get())) {
    if (std::string_view(entry->d_name).starts_with(kHidden)) {
      ::unlinkat(::dirfd(entries.get()), entry->d_name, 0);
    }
  }
}

Status SpoolRejected::reserve(std::uint64_t bytes) {
  if (bytes > max_size_.value) {
    return too_much(max_size_);
  }
  if (!looked_ || used_ + bytes > max_size_.value) {
    if (Status made = make_room(bytes); !made) {
      return made;
    }
  }
  used_ += bytes;
  return {};
}

// Looks at what is there, and removes the oldest of it as far as needed and a tenth more: else each new one would look
// at them all.
Status SpoolRejected::make_room(std::uint64_t bytes) {
  const auto folder = open(Make::kYes);
  const Entries entries = folder ? entries_of(folder->get()) : nullptr;
  if (!entries) {
    return folder ? os_error(errno, "list rejected/") : Status(folder.error());
  }
  std::map<std::string, Pair> pairs;
  std::uint64_t used = 0;
  while (const dirent* entry = ::readdir(entries.get())) {
    std::string_view name = entry->d_name;
    struct stat info {};
    if (name == "." || name == ".." || ::fstatat(folder->get(), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    used += room_of(info);
    if (name.starts_with(kHidden) || !S_ISREG(info.st_mode)) {
      continue;
    }
    if (name.ends_with(kErrors)) {
      name.remove_suffix(kErrors.size());
    }
    Pair& pair = pairs[std::string(name)];
    pair.room += room_of(info);
    pair.came = std::max(pair.came, std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec);
  }
  used_ = used;
  looked_ = true;
  if (used_ + bytes <= max_size_.value) {
    return {};
  }
  std::vector<std::pair<std::int64_t, const std::string*>> order;
  order.reserve(pairs.size());
  for (const auto& [name, pair] : pairs) {
    order.emplace_back(pair.came, &name);
  }
  std::sort(order.begin(), order.end());
  const std::uint64_t wanted = max_size_.value - std::min(max_size_.value, bytes + max_size_.value / 10);
  std::uint64_t files = 0;
  for (auto at = order.begin(); at != order.end() && used_ > wanted; ++at) {
    for (const std::string& name : {*at->second, cat(*at->second, kErrors)}) {
      files += ::unlinkat(folder->get(), name.c_str(), 0) == 0 ? 1U : 0U;
    }
    give_back(pairs[*at->second].room);
  }
  removed_ += files;
  removed_counter_.add(static_cast<double>(files));
  if (files > 0 && gate_.open(clock_.mono())) {
    log::warning("the oldest refused lines of spool files were removed to keep spool.rejected_max_size",
                 {{"files", files}, {"max_size", to_text(max_size_)}});
  }
  return used_ + bytes <= max_size_.value
             ? Status{}
             : Status(error(ErrorCode::kNoSpace, cat("spool.rejected_max_size (", to_text(max_size_), ") is used up")));
}

}  // namespace respand::spool
