#include "journal/file_presence.h"

#include <array>
#include <utility>

#include "respand/base/text.h"
#include "respand/fs/identity.h"

namespace respand::journal {
namespace {

// An error where the folder holds another journal: another process may have started in it meanwhile and acknowledged
// records, which must not be written over. This process then goes on to deliver what it holds, and takes nothing more.
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

// Whether the lock and the open segment have a name. It costs one system call for each, and is asked with every group.
bool FilePresence::have_names() const {
  return fs::has_a_name(*lock_) && (!parts_.writer.is_open() || fs::has_a_name(*parts_.writer.segment()->file()));
}

void FilePresence::note_removed() {
  removed_ = true;
  parts_.writer.hold_closed(true);
}

Status FilePresence::check() {
  if (have_names()) {
    return {};
  }
  note_removed();
  return error(ErrorCode::kIo, "the journal's files were removed while it was running");
}

// Looks at the names too, which costs more: another file may be in the place of one, or the whole folder may be
// another.
bool FilePresence::look(MonoTime now) {
  if (now < look_at_) {
    return false;
  }
  look_at_ = now + kLookInterval;
  if (!removed_ && have_names() && fs::leads_to(parts_.fs, directory_ + "/lock", *lock_) &&
      parts_.segments.removed().empty()) {
    return false;
  }
  note_removed();
  parts_.writer.close(false);
  return make_anew();
}

bool FilePresence::make_anew() {
  if (removals_.open(parts_.clock.mono())) {
    log::error("the journal's files were removed while it was running; they are made anew",
               {{"directory", directory_}, {"held_back", removals_.held_back()}});
  }
  if (Status made = make_all(); !made) {
    const Error why =
        std::move(made).fail("the journal's files were removed while it was running, and can't be made anew");
    const Condition condition = condition_of(why);
    parts_.availability.fail_with(condition == Condition::kIoError ? Condition::kFilesGone : condition, why);
    return false;
  }
  removed_ = false;
  parts_.writer.hold_closed(false);
  return true;
}

// In this order: the lock comes before anything is written, so that no other process starts here, and the cursor last,
// when all that it speaks of is in place.
Status FilePresence::make_all() {
  Status made = parts_.fs.make_directories(directory_);
  if (made) {
    made = no_other_journal(parts_.fs, directory_, parts_.end.journal());
  }
  if (made) {
    made = renew_lock();
  }
  if (made) {
    made = rescue_segments();
  }
  return made ? renew_state() : made;
}

// Fails where another process holds the lock: nothing may be written beside it.
Status FilePresence::renew_lock() {
  const std::string path = directory_ + "/lock";
  if (fs::leads_to(parts_.fs, path, *lock_)) {
    return {};
  }
  auto lock = parts_.fs.lock(path);
  if (!lock) {
    return std::move(lock).error();
  }
  lock_ = std::move(*lock);
  return {};
}

// Copies the removed segments that somebody holds open. The others are gone, and whoever reads them finds that out.
Status FilePresence::rescue_segments() {
  std::uint64_t rescued = 0;
  for (const Segments::Entry& entry : parts_.segments.removed()) {
    if (Status copied = parts_.compaction.rescue(entry); !copied) {
      return copied;
    }
    ++rescued;
    if (entry.name.first < parts_.end.next()) {
      parts_.tail.discard(entry.name.id);  // the copy holds all of the tail, and is synced
    }
  }
  if (rescued > 0) {
    log::warning("what the removed files of the journal held is in new ones", {{"segments", rescued}});
  }
  return {};
}

Status FilePresence::renew_state() {
  Status renewed = parts_.acknowledgements.renew(directory_);
  if (renewed) {
    renewed = parts_.end.renew(parts_.fs, directory_);
  }
  if (renewed && !parts_.acknowledgements.save()) {
    renewed = error(ErrorCode::kIo, "the cursor could not be saved");
  }
  return renewed;
}

}  // namespace respand::journal
