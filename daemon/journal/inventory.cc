#include "journal/inventory.h"

#include <algorithm>
#include <array>
#include <map>

#include "journal/scanner.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

bool by_id(const Found& a, const Found& b) {
  return std::pair(a.name.id, a.name.first) < std::pair(b.name.id, b.name.first);
}

SegmentName true_name(const Found& file) { return {file.header.id, file.header.first}; }

bool same(const SegmentName& a, const SegmentName& b) { return a.id == b.id && a.first == b.first; }

bool rightly_named(const Found& file) { return file.state == HeaderState::kGood && same(file.name, true_name(file)); }

Result<Found> look_at(fs::FileSystem& fs, const std::string& path, const SegmentName& name) {
  Found found;
  found.name = name;
  auto file = fs.open(path, fs::OpenMode::kRead);
  if (!file) {
    return std::move(file).error();
  }
  std::array<std::byte, SegmentHeader::kSize> bytes{};
  const auto got = (*file)->read_at(0, bytes);
  if (got && *got == bytes.size()) {
    found.state = decode(bytes, found.header);
  }
  if (found.state == HeaderState::kNewer) {
    return error(ErrorCode::kUnsupported,
                 cat(path, " has format version ", found.header.version, ", this respand knows ", kFormatVersion,
                     ": use the version that wrote it"));
  }
  const auto size = (*file)->size();
  found.size = size ? *size : 0;
  return found;
}

// Decides which journal the folder holds: the cursor's, where a segment agrees or no segment can tell; otherwise the
// one that most segments belong to. A folder that says nothing gets a new id.
void identify(Inventory& inventory, const std::optional<CursorState>& cursor, Random& random) {
  std::map<std::uint64_t, std::size_t> votes;
  for (const Found& file : inventory.segments) {
    votes[file.header.journal] += file.state == HeaderState::kGood ? 1U : 0U;
  }
  std::erase_if(votes, [](const auto& vote) { return vote.second == 0; });
  if (cursor && (votes.empty() || votes.contains(cursor->journal))) {
    inventory.journal = cursor->journal;
  } else if (!votes.empty()) {
    inventory.journal = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                          return a.second < b.second;
                        })->first;
  } else {
    inventory.journal = random.next();
    inventory.known = inventory.segments.empty();
  }
  inventory.cursor_belongs = !cursor || cursor->journal == inventory.journal;
}

// Where the records of a wrongly named file end at the latest: where any later segment begins. A later segment that was
// renamed itself counts under both of its names.
Sequence end_of(const Inventory& inventory, const Found& file) {
  Sequence end{~0ULL};
  const auto begins = [&](const SegmentName& later) {
    if (later.id > file.header.id) {
      end = std::min(end, std::max(later.first, file.header.first));
    }
  };
  for (const Found& other : inventory.segments) {
    if (&other == &file || other.fate == Fate::kForeign) {
      continue;
    }
    begins(other.name);
    if (other.state == HeaderState::kGood) {
      begins(true_name(other));
    }
  }
  return end;
}

// Whether the file holds a sound record under the stamp of its present name. Then it was recycled and written to, and
// its header did not reach the disk.
bool written_under_its_name(fs::FileSystem& fs, const std::string& directory, const Inventory& inventory,
                            const SegmentName& name) {
  auto file = fs.open(directory + "/" + segment_name(name), fs::OpenMode::kRead);
  if (!file) {
    return false;
  }
  const Segment segment(name, stamp_of(inventory.journal, name.id), std::move(*file));
  const auto found = Scanner(segment, SegmentHeader::kSize, name.first, Sequence{~0ULL}).resync();
  return found && *found;
}

// The header says one thing, the name another. A copy of a segment that is there is a duplicate. A file whose name is
// later than its header, and whose records are all acknowledged, was renamed for recycling and not written to yet. Any
// other file was renamed by somebody, and gets its name back.
Fate fate_of_wrongly_named(const Inventory& inventory, const Found& file, Sequence floor) {
  for (const Found& other : inventory.segments) {
    if (&other != &file && (same(other.name, true_name(file)) ||
                            (other.fate == Fate::kMisnamed && same(true_name(other), true_name(file))))) {
      return Fate::kDuplicate;
    }
  }
  const bool later = file.name.id > file.header.id && file.name.first >= file.header.first;
  return later && end_of(inventory, file) <= floor ? Fate::kUnwritten : Fate::kMisnamed;
}

// Decides the fate of each file. First come the files of other journals, because a wrongly named file is compared only
// with files of this one; files with damaged headers come last, when it is known which names are right.
void judge(fs::FileSystem& fs, const std::string& directory, Inventory& inventory, Sequence floor) {
  for (Found& file : inventory.segments) {
    file.fate =
        file.state == HeaderState::kGood && file.header.journal != inventory.journal ? Fate::kForeign : Fate::kSegment;
  }
  for (Found& file : inventory.segments) {
    if (file.fate == Fate::kSegment && file.state == HeaderState::kGood && !rightly_named(file)) {
      file.fate = file.name.id != file.header.id && written_under_its_name(fs, directory, inventory, file.name)
                      ? Fate::kUnwritten
                      : fate_of_wrongly_named(inventory, file, floor);
    }
  }
  // Where the header is damaged, the order of the other segments tells whether the name can be right.
  for (Found& file : inventory.segments) {
    if (file.state == HeaderState::kGood || file.fate != Fate::kSegment) {
      continue;
    }
    for (const Found& other : inventory.segments) {
      const bool before =
          other.name.id < file.name.id ? other.name.first <= file.name.first : other.name.first >= file.name.first;
      if (rightly_named(other) && other.fate == Fate::kSegment && (other.name.id == file.name.id || !before)) {
        file.fate = Fate::kForeign;
      }
    }
  }
}

}  // namespace

Result<Inventory> take_inventory(fs::FileSystem& fs, const std::string& directory,
                                 const std::optional<CursorState>& cursor, Random& random) {
  auto names = fs.list(directory);
  if (!names) {
    return std::move(names).error();
  }
  Inventory inventory;
  for (const std::string& text : *names) {
    if (const auto name = parse_segment_name(text)) {
      auto found = look_at(fs, cat(directory, "/", text), *name);
      if (!found) {
        return std::move(found).error();
      }
      inventory.segments.push_back(*found);
    }
  }
  std::sort(inventory.segments.begin(), inventory.segments.end(), by_id);
  identify(inventory, cursor, random);
  judge(fs, directory, inventory, cursor && inventory.cursor_belongs ? cursor->acked.floor() : Sequence{0});
  return inventory;
}

// Nothing is removed: what does not belong here is moved to the quarantine, for people. Unwritten files stay; recovery
// makes them spare, because they hold no record under their names.
Status tidy(fs::FileSystem& fs, const std::string& directory, Inventory& inventory, Quarantine& quarantine) {
  bool changed = false;
  for (Found& file : inventory.segments) {
    const std::string name = segment_name(file.name);
    switch (file.fate) {
      case Fate::kSegment:
      case Fate::kUnwritten:
        break;
      case Fate::kMisnamed: {
        const std::string right = segment_name(true_name(file));
        if (auto renamed = fs.rename(cat(directory, "/", name), cat(directory, "/", right)); !renamed) {
          return renamed;
        }
        log::warning("a segment of the journal had a wrong name", {{"was", name}, {"is", right}});
        file.name = true_name(file);
        file.fate = Fate::kSegment;
        changed = true;
        break;
      }
      case Fate::kDuplicate:
      case Fate::kForeign:
        log::warning("a file is no segment of this journal and is moved to its quarantine folder",
                     {{"file", name}, {"why", file.fate == Fate::kDuplicate ? "a copy" : "of another journal"}});
        quarantine.take_in(name);
        changed = true;
        break;
    }
  }
  std::erase_if(inventory.segments,
                [](const Found& file) { return file.fate == Fate::kDuplicate || file.fate == Fate::kForeign; });
  std::sort(inventory.segments.begin(), inventory.segments.end(), by_id);
  return changed ? fs.sync_directory(directory) : Status();
}

}  // namespace respand::journal
