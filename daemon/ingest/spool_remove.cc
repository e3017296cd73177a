// Spool: from finished files to removed ones. Between the last look at a file and its removal it has a name of the
// spool's own, so that what is looked at is what is removed: whatever comes under its old name meanwhile is another
// file.

#include <algorithm>

#include "ingest/spool.h"
#include "respand/base/text.h"

namespace respand::ingest {

// Requires: nothing of the file is on its way. kWaiting: its records are durable; kAgain: it is to be read once more.
void Spool::finish_file(SpoolFile& file, MonoTime now) {
  if (file.state == SpoolState::kAgain) {
    file.rejects.reset();
    put_back(file, now);
  } else if (file.unkept) {
    stay(file, now);
  } else if (file.unlinked || claimed(file, now)) {
    remove_file(file, now);
  }
}

// Whether the file may be removed. Where not it is closed, and what is durable of it stays known.
bool Spool::claimed(SpoolFile& file, MonoTime now) {
  switch (claim(file, now)) {
    case Claim::kOurs:
      return true;
    case Claim::kOpen:
      waiting_.note(file.name, SpoolWait::kOpen, clock_.wall());
      queue_.held(file.name, settings_.quiet_period, now);
      break;
    case Claim::kGone:
      waiting_.forget(file.name);
      scan_at_ = now;  // If it is still there under another name, the listing finds it.
      break;
    case Claim::kRefused:
      waiting_.note(file.name, SpoolWait::kNotRemovable, since(file.stamp));
      file.whole = !file.rejects || !file.rejects->any();
      file.not_before = now + (file.whole ? kIssueInterval : kLongInterval);
      break;
  }
  release(file);
  return false;
}

// Each state that a kill may leave behind is one that a start knows: the file under its own name, or under the spool's,
// with the evidence of its records in the journal until its removal is synced.
Spool::Claim Spool::claim(SpoolFile& file, MonoTime now) {
  if (directory_.writers(file.fd.get(), file.name) == SpoolWriters::kSome) {
    return Claim::kOpen;
  }
  const std::string before = file.name;
  if (writers_name(before) == before) {
    const std::string ours = taking_name(before, claims_++);
    if (Status renamed = directory_.rename(before, ours); !renamed) {
      if (renamed.error().code == ErrorCode::kNotFound) {
        return Claim::kGone;
      }
      issue(SpoolFault::kFileNotRemoved, before, renamed.error(), now);
      return Claim::kRefused;
    }
    if (directory_.look(ours).inode != file.id.inode) {
      // Another file had taken its place: that one gets its name back, unread. Where a third one has the name by now,
      // the listing finds it under this one.
      (void)directory_.rename(ours, before);
      return Claim::kGone;
    }
    waiting_.renamed(before, ours);
    file.name = ours;
  } else if (directory_.look(before).inode != file.id.inode) {
    return Claim::kGone;
  }
  if (directory_.writers(file.fd.get(), file.name) == SpoolWriters::kSome) {
    return Claim::kOpen;  // He came in just before it was renamed.
  }
  // Nobody can come in any more. What was written since it was read is seen by its stamp, but for a writer who was so
  // quick that the clock of the file system did not move: of him there is a notice.
  hear(now);
  file.touched = file.touched || queue_.contains(before);
  return Claim::kOurs;
}

// What was refused of it has no place: it is looked at again later.
void Spool::stay(SpoolFile& file, MonoTime now) {
  if (file.unlinked) {
    put_back(file, now);
    return;
  }
  waiting_.note(file.name, SpoolWait::kRejected, since(file.stamp));
  file.not_before = now + file.delay;
  release(file);
}

void Spool::remove_file(SpoolFile& file, MonoTime now) {
  const bool refused = unchanged(file) && file.rejects && file.rejects->any();
  const Kept kept = refused ? publish_rejects(file, now) : Kept::kNo;
  file.rejects.reset();
  if (refused && kept == Kept::kNo) {
    stay(file, now);
    return;
  }
  // Publishing takes a while: the last look is right before the removal.
  if (kept != Kept::kMoved && (file.state == SpoolState::kAgain || !unchanged(file))) {
    put_back(file, now);
    return;
  }
  if (file.unlinked) {
    count_refused(file);
    stay_a_while(file, now);
    return;
  }
  if (Status gone = kept == Kept::kMoved ? Status{} : directory_.remove(file.name); !gone) {
    waiting_.note(file.name, SpoolWait::kNotRemovable, since(file.stamp));
    issue(SpoolFault::kFileNotRemoved, writers_name(file.name), gone.error(), now);
    file.whole = !refused;
    release(file);
    return;
  }
  waiting_.forget(file.name);
  file.state = SpoolState::kRemoved;
  removed_.push_back(&file);
}

Spool::Kept Spool::publish_rejects(SpoolFile& file, MonoTime now) {
  const std::string_view name = writers_name(file.name);
  auto published = file.rejects->publish(directory_, file.name, file.fd.get());
  if (!published) {
    cant_keep(file, published.error(), now);
    return Kept::kNo;
  }
  log::warning("records of a spool file were refused",
               {{"file", name}, {"kept_in", cat(kRejectedFolder, "/", published->name)}});
  return published->moved ? Kept::kMoved : Kept::kCopied;
}

// Whether nobody has written to the file since it was read; else it is to be read again.
bool Spool::unchanged(SpoolFile& file) {
  if (stamp_of(file.fd.get()) == file.stamp && !(file.fresh && file.touched)) {
    return true;
  }
  file.state = SpoolState::kAgain;
  file.delay = file.touched ? Duration{0} : settings_.quiet_period;
  return false;
}

void Spool::sync_removed(MonoTime now) {
  if (removed_.empty() || (sync_at_ != MonoTime::max() && now < sync_at_)) {
    return;
  }
  if (Status synced = directory_.sync(); !synced) {
    issue(SpoolFault::kNotSynced, settings_.directory, synced.error(), now);
    sync_at_ = now + kRetryInterval;
    return;
  }
  sync_at_ = MonoTime::max();
  for (SpoolFile* file : removed_) {
    file->unlinked = true;
    count_refused(*file);
    stay_a_while(*file, now);
  }
  removed_.clear();
}

// A writer that had opened the file before it was removed may still write to it: nobody else would ever read that.
void Spool::stay_a_while(SpoolFile& file, MonoTime now) {
  file.state = SpoolState::kLingering;
  file.until = now + settings_.quiet_period;
  lingering_.push_back(&file);
}

void Spool::linger(MonoTime now) {
  for (std::size_t i = 0; i < lingering_.size();) {
    SpoolFile& file = *lingering_[i];
    if (file.until > now) {
      ++i;
      continue;
    }
    const auto stamp = stamp_of(file.fd.get());
    const bool written = stamp && *stamp != file.stamp;
    if (!written && open_ < kMaxOpenFiles && settings_.calls.writers(file.fd.get()) == SpoolWriters::kSome) {
      file.until = now + settings_.quiet_period;  // He may write yet.
      ++i;
      continue;
    }
    if (written && active_ != nullptr) {
      ++i;
      continue;
    }
    lingering_.erase(lingering_.begin() + static_cast<std::ptrdiff_t>(i));
    if (written) {
      file.stamp = *stamp;
      file.state = file.taken.empty() ? SpoolState::kTaking : SpoolState::kProving;
      read_from_start(file);
      turn_ = 0;
      turn_of_large_ = false;
    } else {
      forget(file);
    }
  }
}

}  // namespace respand::ingest
