#include "spool/finisher.h"

#include <utility>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "spool/limits.h"

namespace respand::spool {

void Finisher::finish(MonoTime now) {
  for (SpoolFile* file : shared_.files.take_done()) {
    finish_file(*file, now);
  }
  ingester_.call_put_off(now);
  sync_removed(now);
}

// Requires: none of the file's records is on its way. In kWaiting all of them are durable; in kAgain the file is to be
// read once more.
void Finisher::finish_file(SpoolFile& file, MonoTime now) {
  if (file.state == SpoolState::kAgain) {
    file.rejects.reset();
    put_back(file, now);
  } else if (file.unkept) {
    stay(file, now);
  } else if (file.unlinked || claimed(file, now)) {
    remove_file(file, now);
  }
}

// Whether the file may be removed. If not, it is closed, and the spool still knows which of its records are durable.
bool Finisher::claimed(SpoolFile& file, MonoTime now) {
  switch (claim(file, now)) {
    case Claim::kOurs:
      return true;
    case Claim::kOpen:
      shared_.report.waiting().note(file.name, SpoolWait::kOpen, shared_.clock.wall());
      shared_.queue.held(file.name, shared_.settings.quiet_period, now);
      break;
    case Claim::kGone:
      shared_.report.waiting().forget(file.name);
      scanner_.list_soon(now);  // The listing finds it if somebody has renamed it.
      break;
    case Claim::kRefused:
      shared_.report.waiting().note(file.name, SpoolWait::kNotRemovable, shared_.report.since(file.stamp));
      file.whole = !file.rejects || !file.rejects->any();
      file.not_before = now + (file.whole ? kIssueInterval : kLongInterval);
      break;
  }
  shared_.files.release(file);
  return false;
}

// Gives the file a name of the spool's own. A kill may leave it under either name; a start takes both for the same
// file, and the journal keeps the evidence of its records until the removal is synced.
Finisher::Claim Finisher::claim(SpoolFile& file, MonoTime now) {
  if (shared_.directory.writers(*file.open, file.name) == fs::Writers::kSome) {
    return Claim::kOpen;
  }
  const std::string before = file.name;
  if (writers_name(before) == before) {
    const std::string ours = taking_name(before, claims_++);
    if (Status renamed = shared_.directory.rename(before, ours); !renamed) {
      if (renamed.error().code == ErrorCode::kNotFound) {
        return Claim::kGone;
      }
      shared_.report.issue(SpoolFault::kFileNotRemoved, before, renamed.error(), now);
      return Claim::kRefused;
    }
    if (shared_.directory.look(ours).inode != file.id.inode) {
      // Another file had taken its place: it gets its name back, unread. If a third file has that name by now, the
      // listing finds this one under the spool's name.
      (void)shared_.directory.rename(ours, before);
      return Claim::kGone;
    }
    shared_.report.waiting().renamed(before, ours);
    file.name = ours;
  } else if (shared_.directory.look(before).inode != file.id.inode) {
    return Claim::kGone;
  }
  if (shared_.directory.writers(*file.open, file.name) == fs::Writers::kSome) {
    return Claim::kOpen;  // A writer opened it just before it was renamed.
  }
  // Nobody can open it by its old name any more. Its stamp shows what was written since it was read, unless the write
  // came so soon that the clock of the file system had not moved: then a notice tells of it.
  scanner_.hear(now);
  file.touched = file.touched || shared_.queue.contains(before);
  return Claim::kOurs;
}

// Leaves the file in the spool, since what was refused of it has no place yet; it is read again later.
void Finisher::stay(SpoolFile& file, MonoTime now) {
  if (file.unlinked) {
    put_back(file, now);
    return;
  }
  shared_.report.waiting().note(file.name, SpoolWait::kRejected, shared_.report.since(file.stamp));
  file.not_before = now + file.delay;
  shared_.files.release(file);
}

// Puts aside what was refused of the file, and then removes it: a kill in between leaves both, and the next start finds
// what was put aside to be there already. A packed file is put aside itself, by a rename, which removes it too.
void Finisher::remove_file(SpoolFile& file, MonoTime now) {
  const bool refused = unchanged(file) && file.rejects && file.rejects->any();
  const Kept kept = refused ? publish_rejects(file, now) : Kept::kNo;
  file.rejects.reset();
  if (refused && kept == Kept::kNo) {
    stay(file, now);
    return;
  }
  // Publishing takes a while, so the file is looked at once more right before it is removed.
  if (kept != Kept::kMoved && (file.state == SpoolState::kAgain || !unchanged(file))) {
    put_back(file, now);
    return;
  }
  if (file.unlinked) {
    count_refused(file);
    stay_a_while(file, now);
    return;
  }
  if (Status gone = kept == Kept::kMoved ? Status{} : shared_.directory.remove(file.name); !gone) {
    shared_.report.waiting().note(file.name, SpoolWait::kNotRemovable, shared_.report.since(file.stamp));
    shared_.report.issue(SpoolFault::kFileNotRemoved, writers_name(file.name), gone.error(), now);
    file.whole = !refused;
    shared_.files.release(file);
    return;
  }
  shared_.report.waiting().forget(file.name);
  file.state = SpoolState::kRemoved;
  removed_.push_back(&file);
}

Finisher::Kept Finisher::publish_rejects(SpoolFile& file, MonoTime now) {
  const std::string_view name = writers_name(file.name);
  auto published = file.rejects->publish(shared_.directory, file.name, *file.open);
  if (!published) {
    shared_.note_unkept(file, published.error(), now);
    return Kept::kNo;
  }
  log::warning("records of a spool file were refused",
               {{"file", name}, {"kept_in", cat(kRejectedFolder, "/", published->name)}});
  rejected_unsynced_ = rejected_unsynced_ || !published->synced;
  return published->moved ? Kept::kMoved : Kept::kCopied;
}

// Whether nobody has written to the file since it was read. If somebody has, its state says that it is to be read
// again.
bool Finisher::unchanged(SpoolFile& file) {
  if (stamp_of(*file.open) == file.stamp && !(file.fresh && file.touched)) {
    return true;
  }
  file.state = SpoolState::kAgain;
  file.delay = file.touched ? Duration{0} : shared_.settings.quiet_period;
  return false;
}

// Puts the file back to be read once more, when its delay is over.
void Finisher::put_back(SpoolFile& file, MonoTime now) {
  if (file.unlinked) {
    ingester_.keep_open(file, now + file.delay);
    file.stamp = {~0ULL, 0};  // No file has such a stamp, so it is read again even where nobody writes to it.
    return;
  }
  if (file.put_off) {
    ingester_.put_off(file);
    shared_.queue.later(file.name, file.delay, now);  // at the latest: sooner where a large file ends
    shared_.files.release(file);
    return;
  }
  file.not_before = now + file.delay;
  if (const SpoolLook look = shared_.directory.look(file.name);
      look.entry == SpoolEntry::kFile && file.delay <= shared_.settings.quiet_period) {
    shared_.queue.seen(file.name, look.stamp, shared_.report.age(look.stamp), now);
  } else {
    shared_.queue.later(file.name, file.delay, now);
  }
  shared_.files.release(file);
}

// One sync makes the removals of a whole step durable. Until it succeeds their evidence is kept.
void Finisher::sync_removed(MonoTime now) {
  if (removed_.empty() || (sync_at_ != MonoTime::max() && now < sync_at_)) {
    return;
  }
  Status synced = rejected_unsynced_ ? shared_.rejected.sync() : Status{};
  rejected_unsynced_ = !synced;
  if (synced) {
    synced = shared_.directory.sync();
  }
  if (!synced) {
    shared_.report.issue(SpoolFault::kNotSynced, shared_.settings.directory, synced.error(), now);
    sync_at_ = now + kRetryInterval;
    return;
  }
  sync_at_ = MonoTime::max();
  // Only now may the journal forget what was taken of them: a file whose removal is lost comes back.
  for (SpoolFile* file : removed_) {
    file->unlinked = true;
    count_refused(*file);
    stay_a_while(*file, now);
  }
  removed_.clear();
}

// Keeps a removed file open: a writer that had opened it before may still write to it, and nobody else would read that.
void Finisher::stay_a_while(SpoolFile& file, MonoTime now) {
  ingester_.keep_open(file, now + shared_.settings.quiet_period);
}

void Finisher::count_refused(const SpoolFile& file) {
  double all = 0;
  for (std::size_t reason = 0; reason < file.refused.size(); ++reason) {
    const auto n = static_cast<double>(file.refused[reason]);
    shared_.counters.rejected(static_cast<record::Reason>(reason), n);
    all += n;
  }
  shared_.counters.received.add(all);
  shared_.counters.bytes.add(static_cast<double>(file.refused_bytes));
}

}  // namespace respand::spool
