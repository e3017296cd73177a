#include "spool/scanner.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "respand/base/log.h"
#include "spool/limits.h"
#include "spool/name.h"
#include "spool/taken.h"

namespace respand::spool {
namespace {

// Entries of one listing that a step looks at.
constexpr int kListed = 4096;

}  // namespace

// The inodes of the files that are to be taken, sorted.
Result<std::vector<std::uint64_t>> Scanner::list_inodes(const std::function<bool()>& cancelled) {
  std::vector<std::uint64_t> inodes;
  std::string name;
  SpoolKind kind;
  shared_.directory.begin_list();
  SpoolDirectory::List listed = shared_.directory.list(name);
  for (; listed == SpoolDirectory::List::kName; listed = shared_.directory.list(name)) {
    if (cancelled()) {
      return error(ErrorCode::kUnavailable, "stopped");
    }
    if (judge_name(name, kind) == SpoolName::kTake) {
      if (const SpoolLook look = shared_.directory.look(name);
          look.entry == SpoolEntry::kFile || look.entry == SpoolEntry::kLinked) {
        inodes.push_back(look.inode);
      }
    }
  }
  if (listed == SpoolDirectory::List::kFailed) {
    return os_error(errno, "list");
  }
  std::sort(inodes.begin(), inodes.end());
  return inodes;
}

bool Scanner::load(MonoTime now, const std::function<bool()>& cancelled) {
  if (loaded_ || now < load_at_) {
    return loaded_;
  }
  load_at_ = now + kRetryInterval;
  const auto inodes = list_inodes(cancelled);
  if (!inodes) {
    if (!cancelled()) {
      shared_.report.issue(SpoolFault::kNotListed, shared_.settings.directory, inodes.error(), now);
    }
    return false;
  }
  if (!inodes->empty()) {
    auto taken = load_taken(history_, *inodes, cancelled);
    if (!taken) {
      shared_.report.issue(SpoolFault::kOriginsUnknown, shared_.settings.directory, taken.error(), now);
      return false;
    }
    for (auto& [id, known] : *taken) {
      shared_.files.find_or_add(id).taken = std::move(known);
    }
  }
  loaded_ = true;
  return true;
}

void Scanner::hear(MonoTime now) {
  SpoolKind kind;
  bool lost = false;
  const bool whole = shared_.directory.notices([&](SpoolNotice notice, const std::string& name) {
    if (judge_name(name, kind) != SpoolName::kTake) {
      return;  // The next listing says what is to be said of it.
    }
    if (notice == SpoolNotice::kMovedIn && writers_name(name) != name) {
      return;  // The spool itself did it.
    }
    shared_.report.waiting().listed(name, shared_.clock.wall());
    if (shared_.queue.full() && !shared_.queue.contains(name)) {
      lost = true;
    } else if (notice != SpoolNotice::kCreated) {
      shared_.queue.finished(name, now);
    } else if (!shared_.queue.contains(name)) {
      shared_.queue.created(name, now);
    }
  });
  if (!whole || lost) {
    scan_at_ = now;
  }
}

void Scanner::begin_scan(MonoTime now) {
  if (shared_.directory.reopen_if_replaced()) {
    log::info("the spool directory was replaced", {{"directory", shared_.settings.directory}});
  }
  // Without notices this is the only way to find files.
  scan_at_ = now + (shared_.directory.watch_fd() >= 0
                        ? kScanInterval
                        : std::clamp<Duration>(shared_.settings.quiet_period, kRetryInterval, kScanInterval));
  shared_.report.look_for_problems();
  scanning_ = true;
  shared_.report.waiting().begin_listing();
  shared_.files.begin_listing();
  shared_.directory.begin_list();
}

bool Scanner::scan(MonoTime now) {
  if (!scanning_) {
    if (now < scan_at_) {
      return false;
    }
    begin_scan(now);
  }
  std::string name;
  for (int i = 0; i < kListed; ++i) {
    if (shared_.queue.full()) {
      return false;  // The listing goes on when there is room.
    }
    switch (shared_.directory.list(name)) {
      case SpoolDirectory::List::kName:
        see(name, now);
        break;
      case SpoolDirectory::List::kEnd:
        end_scan(now, true);
        return false;
      case SpoolDirectory::List::kFailed:
        end_scan(now, false);
        return false;
    }
  }
  return true;
}

void Scanner::see(const std::string& name, MonoTime now) {
  SpoolKind kind;
  const SpoolName judged = judge_name(name, kind);
  if (judged == SpoolName::kLeave) {
    return;
  }
  const SpoolLook look = shared_.directory.look(name);
  if (judged == SpoolName::kUnknown) {
    if (look.entry == SpoolEntry::kFile) {
      shared_.report.waiting().note(name, SpoolWait::kSuffix, shared_.report.since(look.stamp));
    }
    return;
  }
  const bool in_hand = shared_.files.note_listed(look.inode);
  if (look.entry != SpoolEntry::kFile) {
    shared_.report.note_unreadable(name, look);
    return;
  }
  shared_.report.waiting().listed(name, shared_.report.since(look.stamp));
  if (!in_hand && !shared_.queue.contains(name)) {
    shared_.queue.seen(name, look.stamp, shared_.report.age(look.stamp), now);
  }
}

void Scanner::end_scan(MonoTime now, bool whole) {
  scanning_ = false;
  if (!whole) {
    shared_.report.issue(SpoolFault::kNotListed, shared_.settings.directory, os_error(errno, "list"), now);
    return;
  }
  shared_.report.waiting().end_listing();
  // Files that somebody else removed or renamed need no evidence any more, once that is on the disk.
  const std::vector<SpoolFile*> gone = shared_.files.not_listed();
  if (!gone.empty() && shared_.directory.sync()) {
    std::for_each(gone.begin(), gone.end(), [this](SpoolFile* file) { shared_.files.forget(*file); });
  }
}

}  // namespace respand::spool
