// Journal: whether its files are where they belong. Somebody may remove them from under a running daemon (a clean-up
// job, rm -rf by mistake): the descriptors go on to take writes and syncs, and all of it is gone with the process,
// while the lock on a file without a name keeps nobody out. So nothing is acknowledged that has no name on the disk;
// the files are made anew, and what is held open only is copied to them.

#include <array>

#include "journal/journal.h"
#include "respand/base/text.h"
#include "respand/fs/identity.h"

namespace respand::journal {
namespace {

// Another process may have been let in meanwhile, and have acknowledged records: they are not written over. This one
// goes on to deliver what it holds, and takes nothing more.
Status no_other_journal(fs::FileSystem& fs, const std::string& directory, std::uint64_t own) {
  auto names = fs.list(directory);
  if (!names) {
    return std::move(names).error();
  }
  for (const std::string& name : *names) {
    if (!parse_segment_name(name)) {
      continue;
    }
    std::array<std::byte, SegmentHeader::kSize> bytes{};
    SegmentHeader header;
    auto file = fs.open(cat(directory, "/", name), fs::OpenMode::kRead);
    const auto got = file ? (*file)->read_at(0, bytes) : Result<std::size_t>(0);
    if (got && *got == bytes.size() && decode(bytes, header) == HeaderState::kGood && header.journal != own) {
      return error(ErrorCode::kExists, cat("another journal is in its place: ", name, "; stop this daemon"));
    }
  }
  return {};
}

}  // namespace

// One call for each of the two: with every group.
bool Journal::files_are_there() const {
  return fs::has_a_name(*lock_) && (!segment_ || fs::has_a_name(*segment_->file()));
}

// By their names, now and then: another file may be there in place of one, or the folder may be another.
void Journal::look_after_files(MonoTime now) {
  if (now < look_at_) {
    return;
  }
  look_at_ = now + kLookInterval;
  removed_ = removed_ || !files_are_there() || !fs::leads_to(fs_, settings_.directory + "/lock", *lock_) ||
             !segments_.removed().empty();
  if (!removed_) {
    return;
  }
  leave_segment(false);
  if (make_files_anew() && group_.empty() && accepting()) {
    clear_issue();
  }
}

// Requires: no open segment.
bool Journal::make_files_anew() {
  if (removed_gate_.open(clock_.mono())) {
    log::error("the journal's files were removed while it was running; they are made anew",
               {{"directory", settings_.directory}, {"held_back", removed_gate_.held_back()}});
  }
  Status made = fs_.make_directories(settings_.directory);
  if (made) {
    made = no_other_journal(fs_, settings_.directory, id_);
  }
  if (made) {
    made = renew_lock();
  }
  if (made) {
    made = rescue_segments();
  }
  if (made) {
    made = renew_state();
  }
  if (!made) {
    const Error why =
        std::move(made).fail("the journal's files were removed while it was running, and can't be made anew");
    const Condition condition = condition_of(why);
    fail_with(condition == Condition::kIoError ? Condition::kFilesGone : condition, why);
    return false;
  }
  removed_ = false;
  last_open_.reset();
  return true;
}

// Where another process has taken the journal's place meanwhile nothing is written beside it.
Status Journal::renew_lock() {
  const std::string path = settings_.directory + "/lock";
  if (fs::leads_to(fs_, path, *lock_)) {
    return {};
  }
  auto lock = fs_.lock(path);
  if (!lock) {
    return std::move(lock).error();
  }
  lock_ = std::move(*lock);
  return {};
}

// Those that nobody holds open are gone; that is found where they are read.
Status Journal::rescue_segments() {
  std::uint64_t rescued = 0;
  for (const Segments::Entry& entry : segments_.removed()) {
    if (Status copied = compactor_.rescue(entry); !copied) {
      return copied;
    }
    ++rescued;
    if (entry.name.first >= durable_end()) {
      continue;
    }
    if (unsynced_ && unsynced_->segment->id() == entry.name.id) {
      unsynced_.reset();  // all of it was written anew, and synced
    }
    note_compacted();
  }
  if (rescued > 0) {
    log::warning("what the removed files of the journal held is in new ones", {{"segments", rescued}});
  }
  return {};
}

Status Journal::renew_state() {
  Status renewed = progress_.with([&](Progress& progress) {
    Status made = progress.cursor.renew(settings_.directory);
    return made ? progress.cursor.write(progress.state) : made;
  });
  auto end = EndMarkFile::open(fs_, settings_.directory);
  if (!renewed || !end) {
    return renewed ? Status(std::move(end).error()) : renewed;
  }
  end_ = std::move(*end);
  if (mark_) {
    note_end();
  }
  persist_cursor();
  return save_failed_ ? Status(error(ErrorCode::kIo, "the cursor could not be saved")) : Status();
}

}  // namespace respand::journal
