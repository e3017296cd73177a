// Ledger: what it does where its file can't be written or read, or is broken.

#include <algorithm>

#include "ledger/ledger.h"
#include "respand/base/text.h"

namespace respand::ledger {

void Ledger::failed(MonoTime now, const Error& why) {
  if (why.code == ErrorCode::kCorrupt) {
    set_aside(why);
    return;
  }
  retry_at_ = now + kRetry;
  set_issue(Condition::kFailed, why.message);
  if (issue_throttle_.open(now)) {
    log::error("the ledger can't be written or read; records are delivered all the same, and it is tried again",
               {{"why", why.message}, {"held_back", issue_throttle_.held_back()}});
  }
}

void Ledger::set_aside(const Error& why) {
  store_.reset();
  drop_pending();
  set_aside_.add();
  const MonoTime now = clock_.mono();
  const std::string aside = cat(path(), ".broken-", iso8601(clock_.wall()));
  Status moved = fs_.rename(path(), aside);
  if (moved || moved.error().code == ErrorCode::kNotFound) {
    static_cast<void>(fs_.rename(path() + "-wal", aside + "-wal"));
    static_cast<void>(fs_.remove(path() + "-shm"));
    moved = fs_.sync_directory(settings_.directory);
  }
  retry_at_ = now + kRetry;  // a disk that breaks every file is not to be filled with them
  set_issue(Condition::kBroken, why.message);
  log::error("the ledger is broken: it is set aside and made anew from what the journal still has",
             {{"why", why.message}, {"file", aside}, {"error", moved ? "" : moved.error().message}});
  remove_old_ones();
}

// They are for people, who look within days.
void Ledger::remove_old_ones() {
  auto names = fs_.list(settings_.directory);
  if (!names) {
    return;
  }
  std::vector<std::string> aside;
  for (const std::string& name : *names) {
    if (name.starts_with(cat(kFileName, ".broken-")) && !name.ends_with("-wal")) {
      aside.push_back(name);
    }
  }
  std::sort(aside.begin(), aside.end());
  for (std::size_t i = 0; i + kMostSetAside < aside.size(); ++i) {
    static_cast<void>(fs_.remove(cat(settings_.directory, "/", aside[i])));
    static_cast<void>(fs_.remove(cat(settings_.directory, "/", aside[i], "-wal")));
  }
}

}  // namespace respand::ledger
