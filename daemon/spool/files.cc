#include "spool/files.h"

#include <algorithm>

#include "spool/limits.h"

namespace respand::spool {

SpoolFile& Files::find_or_add(const SpoolFileId& id) {
  SpoolFile& file = files_[id];
  file.id = id;
  file.scan = listing_;
  return file;
}

void Files::drop_predecessors(const SpoolFileId& id) {
  for (auto place = files_.lower_bound({.inode = id.inode, .birth = INT64_MIN});
       place != files_.end() && place->first.inode == id.inode;) {
    const bool stale = place->second.state == SpoolState::kKnown && place->first != id;
    place = stale ? files_.erase(place) : std::next(place);
  }
}

void Files::note_open(SpoolFile& file, std::unique_ptr<fs::DirectoryFile> opened) {
  file.open = std::move(opened);
  ++open_;
}

// A file of which nothing is known need not be remembered: the next listing finds it again, if it is still there.
void Files::release(SpoolFile& file) {
  file.rejects.reset();
  if (file.taken.empty() && !file.whole && !file.unkept) {
    forget(file);
    return;
  }
  file.open.reset();
  --open_;
  file.state = SpoolState::kKnown;
}

void Files::forget(SpoolFile& file) {
  open_ -= file.open ? 1U : 0U;
  files_.erase(SpoolFileId(file.id));
}

bool Files::all_open() const { return open_ >= kMaxOpenFiles; }

// All files with that inode number count as found, since only opening the file would tell which of them it is.
bool Files::note_listed(std::uint64_t inode) {
  bool in_hand = false;
  for (auto place = files_.lower_bound({.inode = inode, .birth = INT64_MIN});
       inode != 0 && place != files_.end() && place->first.inode == inode; ++place) {
    place->second.scan = listing_;
    in_hand = in_hand || place->second.state != SpoolState::kKnown;
  }
  return in_hand;
}

std::vector<SpoolFile*> Files::not_listed() {
  std::vector<SpoolFile*> gone;
  for (auto& [id, file] : files_) {
    if (file.state == SpoolState::kKnown && file.scan != listing_) {
      gone.push_back(&file);
    }
  }
  return gone;
}

std::optional<Sequence> Files::lowest_evidence() const {
  std::optional<Sequence> lowest;
  for (const auto& [id, file] : files_) {
    if (!file.unlinked && !file.taken.empty()) {
      lowest = std::min(lowest.value_or(file.taken.lowest()), file.taken.lowest());
    }
  }
  return lowest;
}

}  // namespace respand::spool
