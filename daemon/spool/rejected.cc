#include "spool/rejected.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

// A file and the one with its reasons: they go together.
struct Pair {
  std::int64_t came = 0;  // the last change of either, nanoseconds: for one that was moved here, the moving
  std::uint64_t room = 0;
};

}  // namespace

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

Result<std::unique_ptr<fs::Directory>> SpoolRejected::open(Make make) {
  if (make == Make::kYes) {
    const Status made = directory_.folder().make_directory(kRejectedFolder);
    if (!made && made.error().code != ErrorCode::kExists) {
      return named(made.error(), "make rejected/ in the spool directory");
    }
    named_ = named_ && !made;
  }
  auto folder = directory_.folder().open_directory(kRejectedFolder);
  if (!folder) {
    return named(folder.error(), "open rejected/ in the spool directory");
  }
  const auto info = (*folder)->info();
  if (!info) {
    return named(info.error(), "open rejected/ in the spool directory");
  }
  if (info->owner != ::geteuid() && info->owner != 0) {
    return error(ErrorCode::kPermission, "rejected/ in the spool directory belongs to somebody else");
  }
  // Once in each life even where it was there: who made it may have been killed, or told that the sync failed.
  if (make == Make::kYes && !named_) {
    if (Status synced = directory_.sync(); !synced) {
      return std::move(synced).error();
    }
    named_ = true;
  }
  return folder;
}

Status SpoolRejected::sync() {
  auto folder = open(Make::kNo);
  return folder ? SpoolDirectory::sync(**folder) : Status(folder.error());
}

void SpoolRejected::sweep() {
  const auto folder = open(Make::kNo);
  const auto names = folder ? (*folder)->list() : Result<std::unique_ptr<fs::Listing>>(folder.error());
  if (!names) {
    return;  // Mostly: there is none. Anything else is said when it is needed.
  }
  for (auto name = (*names)->next(); name && *name; name = (*names)->next()) {
    if (std::string_view(**name).starts_with(kHidden)) {
      (void)(*folder)->remove(**name);  // One that stays takes room, and is swept at the next start.
    }
  }
}

// Trusts its own count until that says that the folder is full: looking at all files for each refusal would cost too
// much.
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
  if (!folder) {
    return folder.error();
  }
  const auto names = (*folder)->list();
  if (!names) {
    return named(names.error(), "list rejected/");
  }
  std::map<std::string, Pair> pairs;
  std::uint64_t used = 0;
  auto next = (*names)->next();
  for (; next && *next; next = (*names)->next()) {
    std::string_view name = **next;
    const auto info = name == "." || name == ".." ? error(ErrorCode::kInvalid, "") : (*folder)->look(**next);
    if (!info) {
      continue;  // Somebody has just removed it.
    }
    used += info->room;
    if (name.starts_with(kHidden) || info->type != fs::FileInfo::Type::kRegular) {
      continue;
    }
    if (name.ends_with(kErrors)) {
      name.remove_suffix(kErrors.size());
    }
    Pair& pair = pairs[std::string(name)];
    pair.room += info->room;
    pair.came = std::max(pair.came, info->changed);
  }
  if (!next) {
    return named(next.error(), "list rejected/");
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
    bool gone = true;
    for (const std::string& name : {*at->second, cat(*at->second, kErrors)}) {
      const Status removed = (*folder)->remove(name);
      files += removed ? 1U : 0U;
      gone = gone && (removed || removed.error().code == ErrorCode::kNotFound);
    }
    give_back(gone ? pairs[*at->second].room : 0);
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
