#include "spool/directory.h"

#include <unistd.h>

#include <cerrno>

#include "respand/base/text.h"

namespace respand::spool {
namespace {

SpoolEntry judge(const fs::FileInfo& info) {
  if (info.type != fs::FileInfo::Type::kRegular) {
    return SpoolEntry::kNotRegular;
  }
  return info.identity.names > 1 ? SpoolEntry::kLinked : SpoolEntry::kFile;
}

SpoolEntry judge(const Error& failure) {
  switch (failure.os_error) {
    case 0:  // opened, and no regular file
    case ELOOP:
    case ENXIO:
    case ENOTDIR:
      return SpoolEntry::kNotRegular;
    case ENOENT:
      return SpoolEntry::kGone;
    case EACCES:
    case EPERM:
      return SpoolEntry::kDenied;
    default:
      return SpoolEntry::kFailed;
  }
}

SpoolOpened not_opened(const Error& failure) { return {.entry = judge(failure), .os_error = failure.os_error}; }

// The file's birth and its inode's generation; the last change stands in where there is no birth, so that a reused
// inode is never taken for its predecessor.
SpoolFileId identify(const fs::FileInfo& info, const fs::FileBirth& birth) {
  return {.inode = info.identity.inode, .birth = birth.moment.value_or(info.modified), .generation = birth.generation};
}

// A name that links or attributes were changed of after the last write was most likely linked into place: its file was
// never opened under that name, and so is never closed.
bool changed_since_written(const fs::DirectoryFile& file) {
  const auto info = file.info();
  return info && info->changed != info->modified;
}

}  // namespace

Error named(Error failure, std::string_view what) {
  return failure.os_error != 0 ? os_error(failure.os_error, what) : std::move(failure).context(what);
}

Status SpoolDirectory::open() {
  const std::string what = cat("spool directory ", path_);
  auto folder = directories_.open_directory(path_);
  if (!folder) {
    return named(folder.error(), what);
  }
  // A file is removed when it is taken: without that right every file would be kept for ever.
  if (const Status access = (*folder)->check_access(); !access) {
    return named(access.error(), cat(what, ": respand must be able to list and remove files"));
  }
  // Where the file system can't lock a directory there is no lock.
  if (const Status locked = (*folder)->lock(); !locked && locked.error().code == ErrorCode::kExists) {
    return error(ErrorCode::kExists, cat(what, ": another respand takes files from it"));
  }
  listing_.reset();  // It lists the folder that was open before.
  folder_ = std::move(*folder);
  watch_.begin(path_);
  return {};
}

bool SpoolDirectory::reopen_if_replaced() {
  const auto held = folder_->info();
  const auto there = directories_.look(path_, fs::Directories::Links::kFollow);
  if (!held || !there || held->identity.same_file(there->identity)) {
    return false;
  }
  return open().has_value();
}

Result<std::optional<std::string>> SpoolDirectory::list() {
  if (!listing_) {
    auto listing = folder_->list();
    if (!listing) {
      return std::move(listing).error();
    }
    listing_ = std::move(*listing);
  }
  auto name = listing_->next();
  if (!name || !*name) {
    listing_.reset();
  }
  return name;
}

SpoolLook SpoolDirectory::look(const std::string& name) const {
  const auto info = folder_->look(name);
  if (!info) {
    return {.entry = judge(info.error()), .os_error = info.error().os_error};
  }
  return {.entry = judge(*info), .inode = info->identity.inode, .stamp = {info->size, info->modified}};
}

SpoolOpened SpoolDirectory::open_file(const std::string& name) const {
  // Looked at first: opening a device can do things, even where it is closed again at once.
  if (const SpoolLook found = look(name); found.entry != SpoolEntry::kFile) {
    return {.entry = found.entry, .os_error = found.os_error};
  }
  auto file = folder_->open(name);
  if (!file) {
    return not_opened(file.error());
  }
  const auto info = (*file)->info();
  if (!info) {
    return not_opened(info.error());
  }
  const SpoolEntry entry = judge(*info);  // It may have been replaced in between.
  if (entry != SpoolEntry::kFile) {
    return {.entry = entry};
  }
  // A file under a wrong identity would be taken twice: without a birth that is certain it is not opened now.
  const auto birth = (*file)->birth();
  if (!birth) {
    return not_opened(birth.error());
  }
  return {.entry = entry,
          .file = std::move(*file),
          .id = identify(*info, *birth),
          .stamp = {info->size, info->modified},
          .own = info->owner == ::geteuid(),
          .owner = info->owner};
}

fs::Writers SpoolDirectory::writers(const fs::DirectoryFile& file, const std::string& name) const {
  const fs::Writers told = file.writers();
  const bool unclosed = told == fs::Writers::kUnknown && watch_.unclosed(name) && !changed_since_written(file);
  return unclosed ? fs::Writers::kSome : told;
}

Status SpoolDirectory::sync(fs::Directory& folder) {
  Status synced = folder.sync();
  return synced ? synced : Status(named(std::move(synced).error(), "sync a folder of the spool"));
}

}  // namespace respand::spool
