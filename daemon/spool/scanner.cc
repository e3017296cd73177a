#include "spool/scanner.h"

#include <algorithm>
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

// The inodes of the files that are to be taken, sorted; nothing where one of them can't be told. What the journal holds
// of that one has to be found all the same: else it would be taken once more when it can be read again.
Result<Scanner::Inodes> Scanner::list_inodes(const std::function<bool()>& cancelled) {
  std::vector<std::uint64_t> inodes;
  bool all = true;
  SpoolKind kind;
  shared_.directory.begin_list();
  auto name = shared_.directory.list();
  for (; name && *name; name = shared_.directory.list()) {
    if (cancelled()) {
      return error(ErrorCode::kUnavailable, "stopped");
    }
    if (judge_name(**name, kind) == SpoolName::kTake) {
      const SpoolLook look = shared_.directory.look(**name);
      if (look.entry == SpoolEntry::kFile || look.entry == SpoolEntry::kLinked) {
        inodes.push_back(look.inode);
      }
      all = all && !look.failed();
    }
  }
  if (!name) {
    return std::move(name).error();
  }
  if (!all) {
    return Inodes();
  }
  std::sort(inodes.begin(), inodes.end());
  return Inodes(std::move(inodes));
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
  const bool none = inodes->has_value() && (*inodes)->empty();
  if (!none) {
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

// Queues the names that notices speak of. Where a notice or the room for its name was lost, a listing makes up for it.
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
  looked_at_all_ = true;
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
  for (int i = 0; i < kListed; ++i) {
    if (shared_.queue.full()) {
      return false;  // The listing goes on when there is room.
    }
    const auto name = shared_.directory.list();
    if (!name) {
      scanning_ = false;  // What was not listed may be there all the same: nothing is forgotten for it.
      shared_.report.issue(SpoolFault::kNotListed, shared_.settings.directory, name.error(), now);
      return false;
    }
    if (!*name) {
      end_scan();
      return false;
    }
    see(**name, now);
  }
  return true;
}

// Judges one name of the listing. Names that are left alone are passed over; all others are noted as waiting, with the
// reason, and those that can be read are queued.
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
  looked_at_all_ = looked_at_all_ && !look.failed();
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

void Scanner::end_scan() {
  scanning_ = false;
  shared_.report.waiting().end_listing();
  // Files that somebody else removed or renamed need no evidence any more, once that is on the disk. Where a name could
  // not be looked at, it may be any of them.
  const std::vector<SpoolFile*> gone = looked_at_all_ ? shared_.files.not_listed() : std::vector<SpoolFile*>{};
  if (!gone.empty() && shared_.directory.sync()) {
    std::for_each(gone.begin(), gone.end(), [this](SpoolFile* file) { shared_.files.forget(*file); });
  }
}

}  // namespace respand::spool
