#include "spool/rejects.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "respand/base/text.h"
#include "spool/name.h"

namespace respand::spool {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::string_view kErrors = SpoolRejected::kErrors;
// Room in a name for '.' and the number, and for .errors.
constexpr std::size_t kMaxName = NAME_MAX - kErrors.size() - 11;
// Tries for a free name. Two contents with the same name and the same number are next to impossible; the limit is there
// so that the loop has an end.
constexpr int kMaxTries = 16;

fs::ConstBytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

Status write_at(fs::File& file, std::uint64_t offset, std::string_view text) {
  const fs::ConstBytes part = bytes_of(text);
  Status written = file.write_at(offset, {&part, 1});
  return written ? written : Status(named(std::move(written).error(), "write in rejected/"));
}

// A file to be compared; nothing where the name leads to none that can be opened.
std::unique_ptr<fs::DirectoryFile> open_or_null(const fs::Directory& folder, const std::string& name) {
  auto file = folder.open(name);
  return file ? std::move(*file) : nullptr;
}

// Whether two files hold the same bytes. A name that is no regular file is like nothing.
Result<bool> same_content(const fs::Directory& folder, const std::string& a, const fs::Directory& other,
                          const std::string& b) {
  const auto first = open_or_null(folder, a);
  const auto second = open_or_null(other, b);
  if (!first || !second) {
    return false;
  }
  const auto one = first->info();
  const auto two = second->info();
  if (!one || !two || one->size != two->size) {
    return false;
  }
  std::vector<char> left(kBuffer);
  std::vector<char> right(kBuffer);
  for (std::uint64_t at = 0;;) {
    const auto n = first->read_at(at, std::as_writable_bytes(std::span(left)));
    const auto m = second->read_at(at, std::as_writable_bytes(std::span(right)));
    if (!n || !m) {
      return named(n ? m.error() : n.error(), "read in rejected/");
    }
    if (*n != *m || !std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(*n), right.begin())) {
      return false;
    }
    if (*n == 0) {
      return true;
    }
    at += *n;
  }
}

// A file of our own with this name: what a killed process has left there goes.
Result<std::unique_ptr<fs::DirectoryFile>> make_anew(fs::Directory& folder, const std::string& name) {
  (void)folder.remove(name);
  auto made = folder.create(name);
  if (!made) {
    return named(made.error(), "make a file in rejected/");
  }
  return made;
}

std::uint32_t crc_of(std::uint32_t crc, std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

SpoolRejects::SpoolRejects(SpoolRejected& rejected, const SpoolFileId& id, SpoolPacking packing)
    : rejected_(rejected), id_(id), packing_(packing) {
  data_.temporary = cat(SpoolRejected::kHidden, id.inode, "-", id.birth, "-", id.generation);
  errors_.temporary = data_.temporary + std::string(kErrors);
}

// What is left under the hidden names was not published: it goes, and so does its claim on the folder's room.
SpoolRejects::~SpoolRejects() {
  if (!any_) {
    return;
  }
  if (const auto folder = rejected_.open(SpoolRejected::Make::kNo)) {
    for (const Part* part : {&data_, &errors_}) {
      if ((*folder)->remove(part->temporary)) {
        rejected_.give_back(part->room);
      }
    }
  }
}

Status SpoolRejects::open() {
  auto folder = rejected_.open(SpoolRejected::Make::kYes);
  if (!folder) {
    return std::move(folder).error();
  }
  any_ = true;
  for (Part* part : {&data_, &errors_}) {
    if (part == &data_ && keeps_original()) {
      continue;
    }
    auto made = make_anew(**folder, part->temporary);
    if (!made) {
      return std::move(made).error();
    }
    part->file = std::move(*made);
  }
  return {};
}

// Room is reserved before the bytes are written, so that the folder never exceeds its limit, not even for a moment.
Status SpoolRejects::flush(Part& part) {
  const std::uint64_t offset = part.size;
  part.size += part.buffer.size();
  if (part.size > rejected_.max_size().value) {
    return too_much(rejected_.max_size());
  }
  if (Status room = rejected_.reserve(part.buffer.size()); !room) {
    return room;
  }
  part.room += part.buffer.size();
  Status written = write_at(*part.file, offset, part.buffer);
  if (written) {
    part.buffer.clear();
  }
  return written;
}

Status SpoolRejects::put(Part& part, std::string_view bytes) {
  part.crc = crc_of(part.crc, bytes);
  part.buffer.append(bytes);
  return part.buffer.size() < kBuffer ? Status{} : flush(part);
}

Status SpoolRejects::begin(std::string_view line) {
  if (!any_) {
    if (Status opened = open(); !opened) {
      return opened;
    }
  }
  const std::string text = full() ? std::string() : printable(line, 1024) + "\n";
  const std::uint64_t most = std::min(kMaxErrors, rejected_.max_size().value / 4);
  if (full() || errors_.size + errors_.buffer.size() + text.size() > most) {
    ++unsaid_;
    return {};
  }
  return put(errors_, text);
}

Status SpoolRejects::append(std::string_view raw) { return keeps_original() ? Status{} : put(data_, raw); }

Status SpoolRejects::close(Part& part) {
  if (Status flushed = flush(part); !flushed) {
    return flushed;
  }
  if (Status synced = part.file->sync_data(); !synced) {
    return named(std::move(synced).error(), "sync a file in rejected/");
  }
  const auto info = part.file->info();
  if (!info) {
    return named(info.error(), "sync a file in rejected/");
  }
  // What it takes is known now: whole blocks.
  if (const std::uint64_t room = info->room; room > part.room) {
    if (Status more = rejected_.reserve(room - part.room); !more) {
      return more;
    }
    part.room = room;
  }
  part.file.reset();
  part.buffer = {};
  return {};
}

Status SpoolRejects::close() {
  if (!any_) {
    return {};
  }
  if (unsaid_ > 0) {
    if (Status put_last = put(errors_, cat("and ", unsaid_, " more\n")); !put_last) {
      return put_last;
    }
  }
  if (Status closed = keeps_original() ? Status{} : close(data_); !closed) {
    return closed;
  }
  return close(errors_);
}

// Tells contents of the same name apart, and is the same for the same one.
std::uint32_t SpoolRejects::number() const {
  if (!keeps_original()) {
    return data_.crc + 31 * errors_.crc;
  }
  return static_cast<std::uint32_t>(id_.inode * 0x9E3779B1U + static_cast<std::uint64_t>(id_.birth)) + errors_.crc;
}

// For a rejected/ on another file system: the file's bytes, synced, under the name of what is not finished yet.
Status SpoolRejects::copy_original(const fs::DirectoryFile& file, fs::Directory& folder) {
  const auto to = make_anew(folder, data_.temporary);
  if (!to) {
    return to.error();
  }
  std::vector<char> buffer(kBuffer);
  for (std::uint64_t at = 0;;) {
    const auto n = file.read_at(at, std::as_writable_bytes(std::span(buffer)));
    if (!n) {
      return named(n.error(), "read a spool file");
    }
    if (*n == 0) {
      Status synced = (*to)->sync_data();
      return synced ? synced : Status(named(std::move(synced).error(), "sync a file in rejected/"));
    }
    if (Status written = write_at(**to, at, {buffer.data(), *n}); !written) {
      return written;
    }
    at += *n;
  }
}

Result<bool> SpoolRejects::fits(fs::Directory& folder, const std::array<Place, 2>& places, std::array<bool, 2>& there) {
  bool fits = true;
  for (std::size_t at = 0; at < places.size(); ++at) {
    // A look that fails is taken for a free name: a rename to it replaces nothing, whatever is there.
    if (folder.look(places[at].to)) {
      auto same = same_content(*places[at].folder, places[at].from, folder, places[at].to);
      if (!same) {
        return same;
      }
      there[at] = *same;
      fits = fits && *same;
    }
  }
  return fits;
}

// Renames one of the two into rejected/; true where its bytes had to be copied there instead.
Result<bool> SpoolRejects::take_place(fs::Directory& folder, const Place& place, const fs::DirectoryFile& file) {
  Status moved = place.folder->rename(place.from, folder, place.to);
  const bool copies = !moved && moved.error().os_error == EXDEV && place.folder != &folder;
  if (copies) {
    moved = copy_original(file, folder);
    moved = moved ? folder.rename(data_.temporary, folder, place.to) : std::move(moved);
  }
  if (!moved) {
    return std::move(moved).fail("rejected/");
  }
  return copies;
}

Result<SpoolRejects::Published> SpoolRejects::take_places(fs::Directory& folder, const std::array<Place, 2>& places,
                                                          const std::array<bool, 2>& there,
                                                          const fs::DirectoryFile& file) {
  Published published;
  for (std::size_t at = 0; at < places.size(); ++at) {
    if (!there[at]) {
      const auto copied = take_place(folder, places[at], file);
      if (!copied) {
        return copied.error();
      }
      published.moved = places[at].folder != &folder && !*copied;
    }
    // Also where it was there: whoever gave it that name may have been killed before the sync, or told that it failed.
    if (Status synced = SpoolDirectory::sync(folder); !synced) {
      if (!published.moved) {
        return std::move(synced).fail("rejected/");
      }
      published.synced = false;  // It can't be read again under its old name: the sync is what is left to be done.
    }
  }
  return published;
}

Result<SpoolRejects::Published> SpoolRejects::publish(const SpoolDirectory& directory, const std::string& entry,
                                                      fs::DirectoryFile& file) {
  const auto folder = rejected_.open(SpoolRejected::Make::kYes);
  if (!folder) {
    return folder.error();
  }
  if (keeps_original()) {
    if (const Status synced = file.sync_data(); !synced) {
      return named(synced.error(), "sync a spool file");
    }
    const auto info = file.info();
    if (!info) {
      return named(info.error(), "sync a spool file");
    }
    if (Status room = rejected_.reserve(info->room); !room) {
      return std::move(room).error();
    }
  }
  fs::Directory& to = **folder;
  const std::string_view name = writers_name(entry);
  const std::string base(name.substr(0, kMaxName));
  for (int i = 0; i < kMaxTries; ++i) {
    const bool plain = i == 0 && base.size() == name.size();
    const std::string target = plain ? base : cat(base, ".", number() + static_cast<std::uint32_t>(i));
    // The reasons come first: a file that was moved away has no second try.
    const std::array<Place, 2> places{
        Place{&to, errors_.temporary, cat(target, kErrors)},
        keeps_original() ? Place{&directory.folder(), entry, target} : Place{&to, data_.temporary, target}};
    // Both places are looked at before either is used: a pair stays a pair.
    std::array<bool, 2> there{};
    const auto free = fits(to, places, there);
    if (!free) {
      return free.error();
    }
    if (*free) {
      auto published = take_places(to, places, there, file);
      if (published) {
        published->name = target;
      }
      return published;
    }
  }
  return error(ErrorCode::kExists, "no free name in rejected/");
}

}  // namespace respand::spool
